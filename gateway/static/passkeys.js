// Forms that send a passkey: the browser is asked for it first, and its answer goes with the form.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function withBytes(options) {
  const described = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));
  return {
    ...options,
    challenge: toBytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: toBytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: described(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: described(options.allowCredentials) }),
  };
}

function asJson(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  });
}

async function ask(form) {
  const publicKey = withBytes(JSON.parse(form.dataset.options));
  const make = form.dataset.passkey === "create";
  return asJson(await (make ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey })));
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const note = form.querySelector("[data-passkey-note]");
  const say = (name) => {
    note.querySelector("p").textContent = note.dataset[name];
    note.hidden = false;
  };
  const button = form.querySelector("button[type=submit]");
  if (!window.PublicKeyCredential || !navigator.credentials) {
    say("textMissing");
    button.disabled = true;
    continue;
  }
  form.addEventListener("submit", async (event) => {
    const answer = form.elements[form.dataset.passkeyField || "answer"];
    if (answer.value) return;
    event.preventDefault();
    note.hidden = true;
    button.disabled = true;
    try {
      answer.value = await ask(form);
    } catch (error) {
      const names = { InvalidStateError: "textKnown", SecurityError: "textInsecure" };
      say(names[error.name] || "textFailed");
    }
    button.disabled = false;
    if (answer.value) form.requestSubmit(button);
    else button.focus();
  });
  if ("now" in form.dataset) form.requestSubmit(button);
}
