// Writing and sending in a compose window, as "Write" and "Send" do.
import { MailServices } from "resource:///modules/MailServices.sys.mjs";
import { identity } from "resource://mymail-inside/accounts.sys.mjs";
import { awaitWindow } from "resource://mymail-inside/dialogs.sys.mjs";

const Fields = Components.Constructor("@mozilla.org/messengercompose/composefields;1", Ci.nsIMsgCompFields);
const Params = Components.Constructor("@mozilla.org/messengercompose/composeparams;1", Ci.nsIMsgComposeParams);
const Attachment = Components.Constructor("@mozilla.org/messengercompose/attachment;1", Ci.nsIMsgAttachment);
const File = Components.Constructor("@mozilla.org/file/local;1", Ci.nsIFile, "initWithPath");

function fieldsOf({ to, subject, body, attachment }) {
  const fields = new Fields();
  fields.to = to.join(", ");
  fields.subject = subject;
  fields.body = body;
  if (attachment) {
    const attached = new Attachment();
    attached.name = attachment.name;
    attached.url = Services.io.newFileURI(new File(attachment.path)).spec;
    fields.addAttachment(attached);
  }
  return fields;
}

/** Opens a compose window, and waits until one can write in it. */
async function open(fields) {
  const params = new Params();
  params.type = Ci.nsIMsgCompType.New;
  params.format = Ci.nsIMsgCompFormat.PlainText;
  params.identity = identity();
  params.composeFields = fields;
  awaitWindow("messengercompose.xhtml");
  awaitWindow("sendProgress.xhtml");
  return new Promise(resolve => {
    Services.obs.addObserver(function opened(win) {
      Services.obs.removeObserver(opened, "domwindowopened");
      win.addEventListener("compose-editor-ready", () => resolve(win), { once: true });
    }, "domwindowopened");
    MailServices.compose.OpenComposeWindowWithParams(null, params);
  });
}

function sent(win) {
  return new Promise(resolve => {
    win.gMsgCompose.addMsgSendListener({
      QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener"]),
      onStartSending() {},
      onProgress() {},
      onSendProgress() {},
      onStatus() {},
      onGetDraftFolderURI() {},
      onTransportSecurityError() {},
      onSendNotPerformed: (_id, status) => resolve(Components.isSuccessCode(status)),
      onStopSending: (_id, status) => resolve(Components.isSuccessCode(status)),
    });
  });
}

function closed(win) {
  return new Promise(resolve => {
    Services.obs.addObserver(function gone(other) {
      if (other == win) {
        Services.obs.removeObserver(gone, "domwindowclosed");
        resolve();
      }
    }, "domwindowclosed");
  });
}

/** {to: [address], subject, body, attachment: {path, name}}. Returns whether it was sent. If so, it then
 *  lies in Sent too and its window has closed by itself; if not, the window is closed without saving. */
export async function message(parts) {
  const win = await open(fieldsOf(parts));
  const end = closed(win);
  const outcome = sent(win);
  win.goDoCommand("cmd_sendNow");
  const success = await outcome;
  if (!success) {
    win.SetContentAndBodyAsUnmodified();
    win.close();
  }
  await end;
  return success;
}
