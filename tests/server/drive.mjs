// Drives a server by a client's defaults, as an application does, and prints what came of it as JSON.
//
//     node drive.mjs 1|2|2-auto COMMAND [ARGUMENT…]
//     node drive.mjs 1|2|2-auto URL [TOKEN]
const [version, command, ...args] = process.argv.slice(2);
const one = version === '1';
const { Client } = await import(one ? '@modelcontextprotocol/sdk/client/index.js' : '@modelcontextprotocol/client');
const { StdioClientTransport } = await import(
  one ? '@modelcontextprotocol/sdk/client/stdio.js' : '@modelcontextprotocol/client/stdio'
);
const options = version === '2-auto' ? { versionNegotiation: { mode: 'auto' } } : {};
const client = new Client({ name: 'drive', version: '1' }, options);
const overHttp = async () => {
  const { StreamableHTTPClientTransport } = await import(
    one ? '@modelcontextprotocol/sdk/client/streamableHttp.js' : '@modelcontextprotocol/client'
  );
  const headers = args[0] ? { authorization: `Bearer ${args[0]}` } : {};
  return new StreamableHTTPClientTransport(new URL(command), { requestInit: { headers } });
};
await client.connect(
  command.startsWith('http://')
    ? await overHttp()
    : new StdioClientTransport({ command, args, env: process.env, stderr: 'inherit' }),
);

const code = async (promise) => {
  try {
    await promise;
    return null;
  } catch (problem) {
    return problem.code ?? String(problem);
  }
};
const { tools } = await client.listTools();
const comparison = await client.callTool({ name: 'compare_results', arguments: {} });
const { resources } = await client.listResources();
const read = await client.readResource({ uri: resources[0].uri });
const prompt = await client.getPrompt({ name: 'judge_change', arguments: { benchmark: 'sort' } });
const argument = { name: 'benchmark', value: 's' };
const ref = { type: 'ref/prompt', name: 'investigate_regression' };
const completed = await client.complete({ ref, argument });
console.log(
  JSON.stringify({
    protocol: client.getNegotiatedProtocolVersion?.() ?? null,
    tools: tools.map((tool) => tool.name),
    structure: comparison.structuredContent,
    text: comparison.content[0].text,
    resources: resources.map((resource) => resource.name),
    document: JSON.parse(read.contents[0].text),
    prompt: prompt.messages[0].content.text,
    completed: completed.completion.values,
    missing: await code(client.readResource({ uri: 'holobench://benchmarks/nothing' })),
    unknownPrompt: await code(client.getPrompt({ name: 'nothing' })),
  }),
);
await client.close();
