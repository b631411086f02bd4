// A client of the TypeScript SDK with its default limits, that follows next_step alone until there is a decision.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [command, tool, args, killAfter] = process.argv.slice(2);
const connect = async () => {
  const client = new Client({ name: "follower", version: "1" });
  const transport = new StdioClientTransport({ command, args: ["-m", "holobench_mcp"], env: process.env });
  await client.connect(transport);
  return { client, transport };
};
let { client, transport } = await connect();
let call = { name: tool, arguments: JSON.parse(args) };
let killed = !killAfter;
for (let calls = 1; ; calls++) {
  const began = Date.now();
  const result = await client.callTool(call);
  const answer = result.structuredContent;
  console.error(calls, Math.round((Date.now() - began) / 1000), JSON.stringify(answer).slice(0, 300));
  if (result.isError) throw new Error(JSON.stringify(result.content));
  if (answer.decision) {
    console.log(JSON.stringify({ calls, killed, decision: answer.decision, measurement: answer.measurement }));
    break;
  }
  if (!killed && answer.rounds_done >= Number(killAfter)) {
    process.kill(transport.pid, "SIGKILL");
    await client.close();
    ({ client, transport } = await connect());
    killed = true;
  }
  const [, name, measurement] = /^(\w+)\(measurement='([^']+)'\)$/.exec(answer.next_step);
  call = { name, arguments: { measurement } };
}
await client.close();
