// Makes the test's calls through @rudderstack/rudder-sdk-node. Arguments: host, write key.
import RudderAnalytics from '@rudderstack/rudder-sdk-node';

const [dataPlaneUrl, writeKey] = process.argv.slice(2);
const errors = [];
const client = new RudderAnalytics(writeKey, {
  dataPlaneUrl,
  logLevel: 'error',
  errorHandler: (error) => errors.push(error.message),
});
const made = [];
const call = (kind, message) => made.push(new Promise((done) => client[kind](message, done)));

call('identify', { userId: 'u_ada', anonymousId: 'anon-1', traits: { email: 'ada@example.com', plan: null } });
call('track', {
  userId: 'u_ada',
  event: 'Order Completed',
  properties: { total: 27.5, products: [{ sku: 'a' }, { sku: 'b' }], note: 'Łódź 🙂' },
  timestamp: new Date('2024-03-10T06:59:59.123Z'),
});
call('page', { anonymousId: 'anon-1', name: 'Home', properties: { url: 'https://example.com/' } });
call('screen', { userId: 'u_ada', name: 'Start', properties: { w: 375 } });
call('group', { userId: 'u_ada', groupId: 'g_1', traits: { employees: 329 } });
call('alias', { userId: 'u_ada', previousId: 'anon-1' });
for (let i = 0; i < 150; i++) call('track', { userId: 'u_ada', event: 'Burst', properties: { i } });
while (client.queue.length > 0) await client.flush();
await Promise.all(made);
if (errors.length) {
  console.error(errors);
  process.exit(1);
}
process.exit(0);
