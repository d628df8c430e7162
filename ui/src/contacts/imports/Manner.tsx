// What becomes of the rows: which mode, which list, whose phone numbers, how strict.

import { Autocomplete, Group, Radio, Select, Stack, Switch } from "@mantine/core";
import { useMemo } from "react";
import { useLists } from "@/reading/rooms";
import type { Choice } from "./Mapping";

const MODES = [
  {
    value: "upsert",
    label: "Add and update",
    words: "New people are added, known ones updated. An empty cell erases nothing.",
  },
  { value: "createOnly", label: "Only add new ones", words: "Who is known already stays as they are." },
  { value: "updateOnly", label: "Only update known ones", words: "Nobody is added." },
  {
    value: "replaceAll",
    label: "Replace all",
    words:
      "Afterwards the file is all there is: whoever is not in it is removed, in one step at the end. You see the number first.",
  },
] as const;

interface Props {
  choice: Choice;
  change: (next: Partial<Choice>) => void;
}

export function Manner({ choice, change }: Props) {
  const lists = useLists();
  const countries = useMemo(countriesByName, []);
  const mode = choice.replaceAll ? "replaceAll" : choice.mode;
  return (
    <Stack gap="md">
      <Radio.Group
        label="Mode"
        value={mode}
        onChange={(value) =>
          change(
            value === "replaceAll"
              ? { replaceAll: true, mode: "upsert" }
              : { replaceAll: false, mode: value as Choice["mode"] },
          )
        }
      >
        <Stack gap={10} mt={6}>
          {MODES.map((each) => (
            <Radio key={each.value} value={each.value} label={each.label} description={each.words} />
          ))}
        </Stack>
      </Radio.Group>
      <Group gap="md" align="flex-start">
        <Autocomplete
          label="Put everybody on the list"
          description="A new name makes a new list"
          placeholder="none"
          data={(lists.data ?? []).map((each) => each.name)}
          value={choice.list}
          onChange={(value) => change({ list: value })}
          w={260}
          maxLength={200}
        />
        <Select
          label="Country of numbers without +"
          description="077 123 4567 needs one, +94... does not"
          placeholder="none"
          data={countries}
          value={choice.defaultCountry || null}
          onChange={(value) => change({ defaultCountry: value ?? "" })}
          searchable
          clearable
          nothingFoundMessage="No such country"
          w={280}
          data-testid="country"
        />
        <Select
          label="A contact is known by"
          description="What decides who is new"
          data={[
            { value: "auto", label: "Phone or e-mail, whichever a row has" },
            { value: "phone", label: "Phone" },
            { value: "email", label: "E-mail" },
          ]}
          value={choice.upsertBy}
          onChange={(value) => change({ upsertBy: (value ?? "auto") as Choice["upsertBy"] })}
          allowDeselect={false}
          w={300}
        />
      </Group>
      <Switch
        label="Reject a row when any of its values is wrong"
        description="Else only the wrong value is left out: a bad e-mail beside a good phone number"
        checked={choice.onBadValue === "reject"}
        onChange={(event) => change({ onBadValue: event.currentTarget.checked ? "reject" : "drop" })}
      />
    </Stack>
  );
}

// ISO 3166-1, those that have telephone numbers.
const CODES =
  "AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW".split(
    " ",
  );

/** All countries in the viewer's language; their own first. */
function countriesByName() {
  const names = new Intl.DisplayNames(undefined, { type: "region" });
  const own = new Intl.Locale(navigator.language).maximize().region;
  const all = CODES.map((value) => ({ value, label: `${names.of(value) ?? value} (${value})` }));
  all.sort((a, b) => a.label.localeCompare(b.label));
  return [...all.filter((each) => each.value === own), ...all.filter((each) => each.value !== own)];
}
