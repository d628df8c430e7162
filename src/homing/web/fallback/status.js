"use strict";
// The status of the campaigns, asked for every two seconds.
const line = document.getElementById("line");
const table = document.getElementById("campaigns");

async function look() {
  try {
    const answer = await fetch("/api/v1/status", { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(answer.status === 401 ? "a token is needed: use the command line" : `it answered ${answer.status}`);
    const told = await answer.json();
    line.textContent = `${told.workers.length} workers, ${told.senders.length} senders, as of ${new Date().toLocaleTimeString()}`;
    table.hidden = told.campaigns.length === 0;
    table.tBodies[0].replaceChildren(...told.campaigns.map(row));
  } catch (error) {
    line.textContent = `Connection Lost: ${error.message}. Asking again.`;
  }
}

function row(of) {
  const tr = document.createElement("tr");
  const state = of.reason ? `${of.state}: ${of.reason}` : of.state;
  for (const text of [of.name, state, of.sent, of.failed, of.uncertain, of.open]) {
    const td = document.createElement("td");
    td.textContent = text;
    tr.append(td);
  }
  return tr;
}

look();
setInterval(look, 2000);
