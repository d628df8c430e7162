// Choosing a time zone: by typing a part of its name.

import { Select } from "@mantine/core";
import { zones } from "@/model/zone";

interface Props {
  label: string;
  description?: string;
  zone: string;
  choose: (zone: string) => void;
  error?: string | undefined;
}

export function ZoneField({ label, description, zone, choose, error }: Props) {
  return (
    <Select
      label={label}
      description={description}
      data={zones(zone)}
      value={zone}
      onChange={(value) => value && choose(value)}
      allowDeselect={false}
      searchable
      limit={60}
      error={error}
    />
  );
}
