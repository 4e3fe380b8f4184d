// How each SDK is begun with a write key: as docs/guide/collect.md says, and the SDKs themselves.
export type Sdk = 'segment_browser' | 'segment_node' | 'segment_python' | 'rudder_browser' | 'http'

type Write = (key: string, host: string) => string

export const SNIPPETS: Record<Sdk, Write> = {
  segment_browser: (key, host) => `import { AnalyticsBrowser } from '@segment/analytics-next'

const analytics = AnalyticsBrowser.load({
  writeKey: '${key}',
  cdnURL: '${host}',
})
analytics.page()`,
  segment_node: (key, host) => `import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({ writeKey: '${key}', host: '${host}' })
analytics.track({ userId: 'u1', event: 'Signed Up', properties: {} })`,
  segment_python: (key, host) => `import segment.analytics as analytics

analytics.write_key = "${key}"
analytics.host = "${host}"
analytics.track("u1", "Signed Up", {})`,
  rudder_browser: (key, host) => `import { RudderAnalytics } from '@rudderstack/analytics-js'

const analytics = new RudderAnalytics()
analytics.load('${key}', '${host}', { configUrl: '${host}' })
analytics.page()`,
  http: (key, host) => `curl ${host}/v1/track -u ${key}: \\
  -H 'content-type: application/json' \\
  -d '{"userId": "u1", "event": "Signed Up", "properties": {}}'`,
}
