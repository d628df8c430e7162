// What becomes of the rows: which mode, which list, whose phone numbers, how strict.

import { Autocomplete, Group, Radio, Select, Stack, Switch } from "@mantine/core";
import { useMemo } from "react";
import { useLists } from "@/reading/rooms";
import { words } from "@/words/wizard";
import type { Choice } from "./Mapping";

const MODES = ["upsert", "createOnly", "updateOnly", "replaceAll"] as const;
const KEYS = ["auto", "phone", "email"] as const;

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
        label={words.mode}
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
            <Radio key={each} value={each} label={words.modes[each].name} description={words.modes[each].what} />
          ))}
        </Stack>
      </Radio.Group>
      <Group gap="md" align="flex-start">
        <Autocomplete
          label={words.putOnList}
          description={words.newName}
          placeholder={words.none}
          data={(lists.data ?? []).map((each) => each.name)}
          value={choice.list}
          onChange={(value) => change({ list: value })}
          w={260}
          maxLength={200}
        />
        <Select
          label={words.country}
          description={words.needsCountry}
          placeholder={words.none}
          data={countries}
          value={choice.defaultCountry || null}
          onChange={(value) => change({ defaultCountry: value ?? "" })}
          searchable
          clearable
          nothingFoundMessage={words.noSuchCountry}
          w={280}
          data-testid="country"
        />
        <Select
          label={words.knownBy}
          description={words.whoIsNew}
          data={KEYS.map((value) => ({ value, label: words.by[value] }))}
          value={choice.upsertBy}
          onChange={(value) => change({ upsertBy: (value ?? "auto") as Choice["upsertBy"] })}
          allowDeselect={false}
          w={300}
        />
      </Group>
      <Switch
        label={words.rejectRow}
        description={words.orOnlyValue}
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
