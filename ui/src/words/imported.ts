// The words of what became of an import: its report, the way back, and the rows that were refused.

import { count, number } from "@/model/words";
import { inLanguage } from "./language";

const english = {
  cancelledHalfWay: "Cancelled half-way",
  cancelled: "Cancelled",
  noContact: "No contact came of this file",
  couldNotBeRead: "The file could not be read",
  failedBefore: (why: string, stored: number) =>
    `${why}. ${stored > 0 ? `${count(stored, "contact")} were stored before.` : "Nothing was written."}`,
  cancelledBefore: (stored: number) =>
    `${count(stored, "contact")} were stored before it was cancelled. They stay, unless you undo the import.`,
  nothingWritten: "Nothing was written.",
  notIn: (rows: number) =>
    `${count(rows, "row")} did not get in. Download them, correct what stands beside each, and import that file: nobody is doubled.`,
  repeated: (rows: number) => `${count(rows, "row")} repeated an earlier one.`,
  removed: (contacts: number) => `${count(contacts, "contact")} that the file does not name were removed.`,
  everyRowIn: "Every row is in.",
  soAlready: (many: string) => `${many} were so already`,
  balance: (rows: number, created: number, updated: number, out: number) =>
    `rows ${number(rows)} = ${number(created)} created + ${number(updated)} updated + ${number(out)} not in`,
  addsUp: "adds up",
  notBegun: "Not begun",
  retryRejected: "Retry rejected rows",
  chooseAgain: "Choose a file again",
  writeToThem: "Write to them",
  writeToPeople: "Write to people",
  seeOnList: (list: string) => `See them on "${list}"`,
  seeContacts: "See the contacts",
  rejectedOf: (file: string) => `Rejected of ${file || "an upload"}`, // the name of a file
  undo: "Undo",
  undoAsk: "Undo this import?",
  whatUndoDoes: (made: number, changed: string, removed: string | null) =>
    `${count(made, "contact")} that it made go, ${changed} that it changed become as before${removed ? `, ${removed} that it removed return` : ""}. Whoever was changed since stays as they are, and is counted.`,
  keepIt: "Keep it",
  undoImport: "Undo the import",
  beingUndone: "Being undone",
  undone: "Undone",
  whatWasUndone: (removed: string, restored: string, returned: string, kept: string | null) =>
    `${removed} removed, ${restored} as before, ${returned} returned${kept ? `, ${kept} kept because somebody has changed them since` : ""}.`,
  leftOut: (values: number) =>
    `${count(values, "value")} of rows that got in ${values === 1 ? "was" : "were"} left out or taken with a guess.`,
  whatWasLeftOut: "What was left out",

  // rows that were refused
  whyRefused: "Why rows were refused",
  refusedRows: "Refused rows",
  rows: (many: number) => count(many, "row"),
  row: "Row",
  column: "Column",
  value: "Value",
  why: "Why",
  otherRow: (row: string) => `(row ${row})`,
  firstOnes: "The first ones; all of them stand in rejected.csv.",
  // Why, by the type of the fault.
  faults: {
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
  } as Record<string, string>,
  // What to do about them.
  cures: {
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
  } as Record<string, string>,
};

export type ImportedWords = typeof english;

export const words = inLanguage("imported", english);
