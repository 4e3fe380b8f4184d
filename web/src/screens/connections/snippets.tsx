// A write key, shown this once, in what every SDK is begun with.
import { Button, SegmentedControl } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { Note } from '@/kit/note'
import { CONNECTIONS } from '@/words/connections'
import { SNIPPETS, type Sdk } from './sdk'

const WORDS = CONNECTIONS.snippets

export function Snippets({ writeKey }: { writeKey: string }) {
  const [sdk, setSdk] = useState<Sdk>('segment_browser')
  const [copied, setCopied] = useState('')
  const text = SNIPPETS[sdk](writeKey, location.origin)
  const copy = async (what: string) => {
    await navigator.clipboard.writeText(what)
    setCopied(what)
  }
  return (
    <div className="connections-form">
      <Note tone="warn" title={WORDS.once}>
        {WORDS.onceWhy}
      </Note>
      <div className="row">
        <code className="connections-code mono" aria-label={WORDS.key}>
          {writeKey}
        </code>
        <Copy label={WORDS.copyKey} isDone={copied === writeKey} on={() => copy(writeKey)} />
      </div>
      <SegmentedControl
        size="xs"
        aria-label={WORDS.sdk}
        value={sdk}
        onChange={(value) => setSdk(value as Sdk)}
        data={WORDS.sdks.map(([value, label]) => ({ value, label }))}
        orientation="vertical"
      />
      <pre className="connections-code mono" tabIndex={0} aria-label={WORDS.code}>
        {text}
      </pre>
      <Copy label={WORDS.copy} isDone={copied === text} on={() => copy(text)} />
    </div>
  )
}

type CopyProps = { label: string; isDone: boolean; on: () => Promise<void> }

function Copy({ label, isDone, on }: CopyProps) {
  const Mark = isDone ? IconCheck : IconCopy
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<Mark size={14} aria-hidden="true" />}
      onClick={() => void on()}
    >
      {isDone ? WORDS.copied : label}
    </Button>
  )
}
