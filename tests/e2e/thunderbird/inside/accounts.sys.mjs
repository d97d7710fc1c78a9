// The account: as Thunderbird's own set-up makes it (CreateInBackend.sys.mjs), with the defaults it
// gives to a new POP3 account.
import { MailServices } from "resource:///modules/MailServices.sys.mjs";

const SOCKET_TYPES = {
  clear: Ci.nsMsgSocketType.plain,
  started: Ci.nsMsgSocketType.alwaysSTARTTLS,
  "at-once": Ci.nsMsgSocketType.SSL,
};

/** Trusts a CA, given as base64, for servers, as importing it in the settings does. */
export function trust(authority) {
  const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
  database.addCertFromBase64(authority, "C,,");
}

/** {name, address, password, pop3Port, smtpPort, tls}: a POP3 account and the SMTP server it sends by. tls: clear,
 *  started or at-once; with it the SMTP server wants a login, too. */
export function create({ name, address, password, pop3Port, smtpPort, tls }) {
  const incoming = MailServices.accounts.createIncomingServer(address, "127.0.0.1", "pop3");
  incoming.port = pop3Port;
  incoming.socketType = SOCKET_TYPES[tls];
  incoming.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
  incoming.password = password;
  incoming.doBiff = false; // it checks when the test says so
  incoming.setBoolValue("login_at_startup", false);
  incoming.setBoolValue("leave_on_server", true);
  incoming.setIntValue("num_days_to_leave_on_server", 14);
  incoming.setBoolValue("delete_by_age_from_server", true);
  incoming.setBoolValue("delete_mail_left_on_server", true);
  incoming.valid = true;

  const outgoing = MailServices.outgoingServer.createServer("smtp");
  const smtp = outgoing.QueryInterface(Ci.nsISmtpServer);
  smtp.hostname = "127.0.0.1";
  smtp.port = smtpPort;
  outgoing.socketType = SOCKET_TYPES[tls];
  outgoing.authMethod = Ci.nsMsgAuthMethod.none;
  if (tls != "clear") {
    outgoing.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
    outgoing.username = address;
    outgoing.password = password;
  }
  MailServices.outgoingServer.defaultServer = outgoing;

  const identity = MailServices.accounts.createIdentity();
  identity.fullName = name;
  identity.email = address;
  identity.composeHtml = false;
  identity.smtpServerKey = outgoing.key;
  identity.fccFolderURI = `${incoming.serverURI}/Sent`;
  identity.valid = true;

  const account = MailServices.accounts.createAccount();
  account.addIdentity(identity);
  account.incomingServer = incoming;
  MailServices.accounts.defaultAccount = account;
}

/** Logs in to the POP3 server, as account set-up does before it is content; it does not try the SMTP server.
 *  Returns whether that went well. */
export function verify() {
  return new Promise(resolve => {
    server().verifyLogon({
      QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
      OnStartRunningUrl() {},
      OnStopRunningUrl: (_url, status) => resolve(Components.isSuccessCode(status)),
    }, mainWindow());
  });
}

/** Whom Thunderbird tells what is wrong. */
export function mainWindow() {
  return Services.wm.getMostRecentWindow("mail:3pane").msgWindow;
}

/** The POP3 server's settings. */
export function server() {
  return MailServices.accounts.defaultAccount.incomingServer;
}

export function identity() {
  return MailServices.accounts.defaultAccount.defaultIdentity;
}

export function setPassword(password) {
  server().password = password;
}

export function setLeaveOnServer(leave) {
  server().QueryInterface(Ci.nsIPop3IncomingServer).leaveMessagesOnServer = leave;
}
