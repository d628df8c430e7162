// A file to the server, telling how far it is: fetch cannot say that, XMLHttpRequest can.

import { words } from "@/words/frame";
import { BASE, workspace } from "./client";
import { NoAnswer, Problem } from "./problem";

interface Upload {
  route: string;
  /** A form says its own kind. */
  file: Blob | FormData;
  key: string;
  onProgress: (share: number) => void;
}

/** Sends it whole; NoAnswer when the line was cut. `key`: sent again with it, the same upload is done once. */
export function upload<Answer>({ route, file, key, onProgress }: Upload): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", BASE + route);
    if (file instanceof Blob) request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("Idempotency-Key", key);
    const here = workspace();
    if (here) request.setRequestHeader("Homing-Workspace", here);
    request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = () => reject(new NoAnswer());
    request.onabort = () => reject(new NoAnswer());
    request.onload = () => {
      const told = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(told as Answer);
      else
        reject(
          new Problem(
            request.status,
            told?.code ?? `http_${request.status}`,
            told?.detail ?? words.answered(request.status),
          ),
        );
    };
    request.send(file);
  });
}

function parsed(text: string): { code?: string; detail?: string } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
