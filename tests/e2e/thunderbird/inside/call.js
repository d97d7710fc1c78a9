// The body of the function that Marionette runs: calls a function of a module in this folder, and waits for
// its promise.  arguments: this folder, a module's name, a function's name, what it is called with.
const [folder, module, name, args] = arguments;
const resources = Services.io.getProtocolHandler("resource").QueryInterface(Ci.nsIResProtocolHandler);
if (!resources.hasSubstitution("mymail-inside")) {
  resources.setSubstitution("mymail-inside", Services.io.newURI(`file://${folder}/`));
}
return ChromeUtils.importESModule(`resource://mymail-inside/${module}.sys.mjs`)[name](...args);
