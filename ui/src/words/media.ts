// The words of the media library, there and in a message that is being written.

import { number } from "@/model/words";
import { inLanguage } from "./language";

const english = {
  media: "Media",
  pictures: "Pictures",
  putIn: "Put into the message",
  copyAddress: "Copy address",
  addressCopied: "Address copied",
  more: "More",
  kilobytes: (many: number) => `${number(many)} kB`,
  megabytes: (many: string) => `${many} MB`,
  pdf: (bytes: string) => `PDF, ${bytes}`,
  upload: "Upload",
  dropHere: "Drop pictures here, or", // before the button
  chooseFiles: "Choose files",
  files: "Files",
  whatItTakes: "PNG, JPEG, GIF, WebP or PDF, up to 10 MB. Place and camera are taken out of photographs.",
  retry: "Retry",
  drop: "Drop",
  howFar: (name: string, percent: number) => `${name}: ${percent} %`,
  waits: "Waits for the one before.",
  cut: "The line was cut. It is sent again by itself when the server answers.",
  refused: "Refused.",
  sent: (percent: number) => `${percent} % sent`,
  looksAtIt: "Sent; the server looks at it.",
  noneYet: "No picture yet",
  whatFor: "A logo, a photograph, a price list as PDF: dropped above, it gets an address that messages can show.",
  library: "Library",
  showMore: "Show more",
  fileOfLibrary: "File of the library",
  name: "Name",
  publicAddress: "Public address",
  onlyHere: "Only this machine can open this address. Set HOMING_PUBLIC_URL before a message shows it.",
  remove: "Remove",
  removeForGood: "Remove for good",
  showsNothing: "Messages that show it, sent ones too, will show nothing in its place.",
  save: "Save",
};

export type MediaWords = typeof english;

export const words = inLanguage("media", english);
