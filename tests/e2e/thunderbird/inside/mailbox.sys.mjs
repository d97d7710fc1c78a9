// What lies in the account's folders, as Thunderbird reads it. Where no folder is named it is the Inbox.
import { MailServices } from "resource:///modules/MailServices.sys.mjs";
import { MsgHdrToMimeMessage } from "resource:///modules/gloda/MimeMessage.sys.mjs";
import { NetUtil } from "resource://gre/modules/NetUtil.sys.mjs";
import { Pop3Client } from "resource:///modules/Pop3Client.sys.mjs";
import { mainWindow, server } from "resource://mymail-inside/accounts.sys.mjs";

export function inbox() {
  return server().rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
}

function folderNamed(name) {
  return name == "Inbox" ? inbox() : server().rootFolder.getChildNamed(name);
}

/** The messages in the order in which they came: a list of {key, subject}. */
export function list(folder = "Inbox") {
  return [...folderNamed(folder).messages]
    .sort((a, b) => a.messageKey - b.messageKey)
    .map(hdr => ({ key: hdr.messageKey, subject: hdr.mime2DecodedSubject }));
}

/** What is ready in an input stream, a character an octet. */
function ready(stream) {
  return NetUtil.readInputStreamToString(stream, stream.available());
}

function fetched(url) {
  return new Promise((resolve, reject) => {
    NetUtil.asyncFetch({ uri: Services.io.newURI(url), loadUsingSystemPrincipal: true }, (stream, status) => {
      try {
        if (!Components.isSuccessCode(status)) {
          throw Components.Exception(`cannot read ${url}`, status);
        }
        resolve(btoa(ready(stream))); // all of it: it was fetched to its end
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** The message as it lies in the folder, in base64. */
export function source(key, name = "Inbox") {
  const folder = folderNamed(name);
  const stream = folder.getMsgInputStream(folder.GetMessageHeader(key), {});
  let octets = "";
  while (stream.available() > 0) {
    octets += ready(stream);
  }
  stream.close();
  return btoa(octets);
}

/** What a reader sees: {subject, body, attachments: [{name, type, octets in base64}]}. */
export async function contents(key) {
  const hdr = inbox().GetMessageHeader(key);
  const message = await new Promise(resolve =>
    MsgHdrToMimeMessage(hdr, null, (_hdr, parsed) => resolve(parsed), true));
  const attachments = [];
  for (const { name, contentType, url } of message.allUserAttachments) {
    attachments.push({ name, type: contentType, octets: await fetched(url) });
  }
  return { subject: hdr.mime2DecodedSubject, body: message.coerceBodyToPlaintext(hdr.folder), attachments };
}

/** Deletes a message for good (Shift+Delete). Its UIDL is then noted, for the next check to delete it on
 *  the server too: only when that note is on disk is this over. */
export async function remove(key) {
  const mark = Pop3Client.prototype.markMessages;
  let marked = Promise.resolve();
  Pop3Client.prototype.markMessages = function (...args) {
    marked = mark.apply(this, args);
    return marked;
  };
  try {
    await new Promise(resolve => {
      const listener = {
        msgsDeleted() {
          MailServices.mfn.removeListener(listener);
          resolve();
        },
      };
      MailServices.mfn.addListener(listener, MailServices.mfn.msgsDeleted);
      inbox().deleteMessages([inbox().GetMessageHeader(key)], mainWindow(), true, false, null, false);
    });
    await marked;
  } finally {
    Pop3Client.prototype.markMessages = mark;
  }
}
