// What account set-up does to find out how servers want to be spoken to, when it is told where they are.
import { AccountConfig } from "resource:///modules/accountcreation/AccountConfig.sys.mjs";
import { GuessConfig } from "resource:///modules/accountcreation/GuessConfig.sys.mjs";

function guess(config) {
  const { guessConfig } = GuessConfig;
  const nobody = () => {}; // is told of the progress
  if (guessConfig.length == 6) { // Thunderbird 140 has callbacks
    return new Promise((resolve, reject) => guessConfig("example.com", nobody, resolve, reject, config, "both"));
  }
  return guessConfig("example.com", nobody, config, "both", new AbortController().signal);
}

/** {pop3Port, smtpPort} of 127.0.0.1. Returns for "incoming" and "outgoing" what it found: {type, port,
 *  plain: without encryption, password: that it would send one as it is}. */
export async function settings({ pop3Port, smtpPort }) {
  const config = new AccountConfig();
  Object.assign(config.incoming, { type: "pop3", hostname: "127.0.0.1", port: pop3Port });
  Object.assign(config.outgoing, { type: "smtp", hostname: "127.0.0.1", port: smtpPort });
  const found = await guess(config);
  const told = ({ type, port, socketType, auth }) => ({
    type,
    port,
    plain: socketType == Ci.nsMsgSocketType.plain,
    password: auth == Ci.nsMsgAuthMethod.passwordCleartext,
  });
  return { incoming: told(found.incoming), outgoing: told(found.outgoing) };
}
