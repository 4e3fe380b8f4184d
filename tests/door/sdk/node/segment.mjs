// Makes the test's calls through @segment/analytics-node. Arguments: host, write key.
import { Analytics } from '@segment/analytics-node';

const [host, writeKey] = process.argv.slice(2);
const client = new Analytics({ host, writeKey });
const errors = [];
client.on('error', (error) => errors.push(error.code));

client.identify({ userId: 'u_ada', anonymousId: 'anon-1', traits: { email: 'ada@example.com', plan: null } });
client.track({
  userId: 'u_ada',
  event: 'Order Completed',
  properties: { total: 27.5, products: [{ sku: 'a' }, { sku: 'b' }], note: 'Łódź 🙂' },
  timestamp: new Date('2024-03-10T06:59:59.123Z'),
});
client.page({ anonymousId: 'anon-1', name: 'Home', properties: { url: 'https://example.com/' } });
client.screen({ userId: 'u_ada', name: 'Start', properties: { w: 375 } });
client.group({ userId: 'u_ada', groupId: 'g_1', traits: { employees: 329 } });
client.alias({ userId: 'u_ada', previousId: 'anon-1' });
for (let i = 0; i < 150; i++) client.track({ userId: 'u_ada', event: 'Burst', properties: { i } });
await client.closeAndFlush();
if (errors.length) {
  console.error(errors);
  process.exit(1);
}
