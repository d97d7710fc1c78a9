// Every dialog is recorded instead of shown, and answered as a careful user would: OK where there is
// nothing else, Cancel everywhere else. Other windows that open are recorded too, but for the one that
// a step says it waits for.

const CANCEL = 1; // confirmEx's number of the second button; Thunderbird always has Cancel there.
const recorded = [];
const awaited = new Set();

// Name of a prompt of nsIPromptService → what it returns.
const ANSWERS = {
  alert: undefined,
  alertCheck: undefined,
  confirm: false,
  confirmCheck: false,
  confirmEx: CANCEL,
  prompt: false,
  promptUsernameAndPassword: false,
  promptPassword: false,
  select: false,
};

function buttons(name, args) {
  return name == "confirmEx" ? args.slice(3, 6).filter(label => label) : [];
}

function record(name, [title, text, ...more]) {
  recorded.push({ kind: name, title: title ?? "", text: text ?? "", buttons: buttons(name, [title, text, ...more]) });
  return ANSWERS[name];
}

// The same prompts come in four forms, which differ in what stands before the title.
const service = { QueryInterface: ChromeUtils.generateQI(["nsIPromptService", "nsIPromptFactory"]) };
const ofWindow = { QueryInterface: ChromeUtils.generateQI(["nsIPrompt", "nsIAuthPrompt"]) };
for (const name of Object.keys(ANSWERS)) {
  const capital = name[0].toUpperCase() + name.slice(1);
  service[name] = (_parent, ...args) => record(name, args);
  service[`${name}BC`] = (_context, _modalType, ...args) => record(name, args);
  service[`async${capital}`] = async (_context, _modalType, ...args) => {
    const answer = Cc["@mozilla.org/hash-property-bag;1"].createInstance(Ci.nsIWritablePropertyBag2);
    record(name, args);
    answer.setPropertyAsBool("ok", false);
    answer.setPropertyAsInt32("buttonNumClicked", CANCEL);
    return answer;
  };
  ofWindow[name] = (...args) => record(name, args);
}
service.getPrompt = (_parent, iid) => ofWindow.QueryInterface(iid);

const windows = {
  observe(win) {
    win.addEventListener("load", () => {
      const { title, URL } = win.document;
      if (!awaited.has(URL.split("/").at(-1))) {
        recorded.push({ kind: "window", title, text: URL, buttons: [] });
      }
    }, { once: true });
  },
};

/** From here on nothing is shown. */
export function recordAll() {
  const contract = "@mozilla.org/prompter;1";
  Components.manager.QueryInterface(Ci.nsIComponentRegistrar).registerFactory(
    Services.uuid.generateUUID(), "recorder of dialogs", contract,
    { createInstance: iid => service.QueryInterface(iid), QueryInterface: ChromeUtils.generateQI(["nsIFactory"]) });
  Services.prompt = service; // where somebody has already looked it up
  Services.obs.addObserver(windows, "domwindowopened");
}

/** Those since the last call: a list of {kind, title, text, buttons}. */
export function take() {
  return recorded.splice(0);
}

/** A window with this document ("x.xhtml") is what the step wants: it is not recorded. */
export function awaitWindow(name) {
  awaited.add(name);
}
