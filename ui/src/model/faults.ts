// Why rows of a file were refused, as people call it, and what helps. Pure.

/** What to do about rows that were refused, by the type of their fault. */
export const CURES: Record<string, string> = {
  missing: "Fill in the address, or leave the row out.",
  duplicate_in_file: "Nothing to do: the first row with this address was taken.",
  exists: 'Nothing to do, or import again with "Add and update".',
  not_found: 'Import again with "Add and update" to add them.',
  too_many_columns: "Put quotes around a cell that has the separator in it.",
  unbalanced_quote: "Close the quote, or take it out.",
  cell_too_large: "Shorten the cell.",
  bad_encoding: "Choose another encoding for the file.",
  email_no_at_sign: "Correct the address.",
  email_bad_domain: "Correct what stands behind the @.",
  email_invalid: "Correct the address.",
  phone_unparseable: "Write the number with its country, like +94 77 123 4567.",
  phone_too_short: "Look for missing digits.",
  phone_too_long: "Look for digits too many.",
  phone_not_in_numbering_plan: "Look whether the country is the right one.",
  phone_bad_country_code: "Choose the country of numbers without a +, or write it.",
  phone_excel_scientific: "Format the column as text in the spreadsheet, then save it anew.",
};

/** A type of fault as a heading; the words of its rows say it in full. */
export const faultName = (type: string): string => FAULTS[type] ?? type.replaceAll("_", " ");

const FAULTS: Record<string, string> = {
  missing: "No address",
  duplicate_in_file: "Repeated in the file",
  exists: "Known already",
  not_found: "Not known",
  taken: "Belongs to another contact",
  too_many_columns: "More cells than headings",
  unbalanced_quote: "A quote that never closes",
  cell_too_large: "A cell too large",
  bad_encoding: "No text in this encoding",
  email_no_at_sign: "E-mail without @",
  email_bad_domain: "E-mail with no domain",
  email_invalid: "No e-mail address",
  phone_unparseable: "No phone number",
  phone_too_short: "Phone number too short",
  phone_too_long: "Phone number too long",
  phone_not_in_numbering_plan: "No such phone number",
  phone_bad_country_code: "Phone number without its country",
  phone_excel_scientific: "Digits cut off by a spreadsheet",
  phone_assumed_international: "Taken as an international number",
  phone_extension_dropped: "Extension left out",
  connection_error: "Not processed",
};
