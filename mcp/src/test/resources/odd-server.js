// An MCP server that misbehaves as it is told: node odd-server.js LOG WAY...
// It appends to LOG a line for its start and one for each message that it receives.
const fs = require("node:fs");
const [log, ...ways] = process.argv.slice(2);
const note = (words) => fs.appendFileSync(log, words + "\n");
const is = (way) => ways.includes(way);
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");

note("start");
if (is("dies")) {
  console.error("no licence was found");
  process.exit(3);
}
if (is("talks")) {
  console.log("Welcome to the odd server!");
  console.log('{"almost": "a message"}');
}
if (is("leaves")) {
  process.exit(0);
}

const tool = (name, more) => ({ name, description: "Does " + name, inputSchema: { type: "object" }, ...more });
const TOOLS = [
  tool("plain", {}),
  tool("again", { annotations: { idempotentHint: true } }),
  tool("look", { annotations: { readOnlyHint: true } }),
  tool("odd-name", {}),
  tool("odd.name", {}),
  tool("7th", {}),
  tool("print", {}),
  tool("bad-schema", { inputSchema: { type: "object", properties: { x: { type: "number", exclusiveMinimum: true } } } }),
];

function answer({ id, method, params }) {
  switch (method) {
    case "initialize":
      return is("silent")
        ? undefined
        : say({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "odd", version: "1" } } });
    case "tools/list": {
      if (is("endless")) {
        return say({ id, result: { tools: [], nextCursor: "again" } });
      }
      const second = params && params.cursor === "second";
      const [tools, nextCursor] = second ? [TOOLS.slice(2)] : [TOOLS.slice(0, 2), "second"];
      return say({ id, result: { tools, nextCursor } });
    }
    case "tools/call":
      if (is("dies-when-called")) {
        console.error("that was too much");
        process.exit(9);
      }
      if (params.name === "look") {
        return undefined;
      }
      return say({ id, result: { content: [{ type: "text", text: JSON.stringify(params) }] } });
    default:
      return id === undefined ? undefined : say({ id, error: { code: -32601, message: "no " + method } });
  }
}

require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (is("talks")) {
      console.log("I was told: " + line.length + " characters");
    }
    const message = JSON.parse(line);
    note(message.method + (message.method === "notifications/cancelled" ? " " + message.params.requestId : ""));
    answer(message);
  });
