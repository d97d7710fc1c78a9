// "Get Messages".
import { mainWindow, server } from "resource://mymail-inside/accounts.sys.mjs";
import { inbox } from "resource://mymail-inside/mailbox.sys.mjs";

/** Checks for mail and downloads what is new. Returns whether Thunderbird says that it went well: known
 *  when QUIT has been answered. */
export function forMail() {
  return new Promise(resolve => {
    server().getNewMessages(inbox(), mainWindow(), {
      QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
      OnStartRunningUrl() {},
      OnStopRunningUrl: (_url, status) => resolve(Components.isSuccessCode(status)),
    });
  });
}
