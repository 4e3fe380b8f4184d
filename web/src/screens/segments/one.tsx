// One segment: its rule to read and to change, who is in it, what it shares with others, what uses it.
import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useState } from 'react'
import { api, take } from '@/api/client'
import { useMay, useMe } from '@/app/session'
import { Chip } from '@/kit/chip'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { Stale, Trouble } from '@/kit/trouble'
import { hourAndMinute, title } from '@/words/format'
import { SEGMENTS } from '@/words/segments'
import { Beside } from './beside'
import { type Draft, type Opened, titleOf, useDraft, useOpened } from './draft'
import { Editor } from './editor'
import { Measuring } from './measuring'
import { Overlap } from './overlap'
import { Discard, Propose, Rename } from './propose'
import { Remove } from './remove'
import { TextLens } from './text-lens'
import './segments.css'

const EVERY_MS = 10_000

export default function Segment() {
  const { name = '' } = useParams({ strict: false })
  return <Found key={name} name={name} />
}

function Found({ name }: { name: string }) {
  const opened = useOpened(name)
  if (opened.data !== undefined) return <Shown opened={opened.data} />
  return (
    <>
      <Head title={title(name)} under={{ label: SEGMENTS.title, to: '/segments' }} />
      <div className="page">
        <div className="page-in">
          {opened.isError ? (
            <Trouble error={opened.error} retry={opened.refetch} />
          ) : (
            <Skeleton h={360} />
          )}
        </div>
      </div>
    </>
  )
}

function Shown({ opened }: { opened: Opened }) {
  const draft = useDraft(opened)
  const { name, runs } = opened
  const counted = useQuery({
    queryKey: ['segment', name],
    queryFn: () => take(api.GET('/api/segments/{name}', { params: { path: { name } } })),
    enabled: runs,
    refetchInterval: EVERY_MS,
  })
  const [lens, setLens] = useParam('lens')
  if (draft.now === null) return null
  const isDraft = Object.keys(draft.now.files).length > 0
  return (
    <>
      <Head
        title={title(name)}
        under={{ label: SEGMENTS.title, to: '/segments' }}
        beside={
          <>
            {!runs && <Chip tone="warn">{SEGMENTS.notYet}</Chip>}
            {isDraft && <Chip tone="accent">{SEGMENTS.draft}</Chip>}
          </>
        }
      >
        <Deeds draft={draft} isDraft={isDraft} runs={runs} />
      </Head>
      <Stale query={counted} />
      <div className="page">
        <div className="page-in segments">
          <Measuring />
          <States draft={draft} runs={runs} />
          <div className="segments-two">
            <div className="segments">
              <p className="segments-title">{titleOf(draft.now)}</p>
              <Lenses lens={lens} onLens={setLens} />
              {lens === 'text' ? (
                <TextLens draft={draft} />
              ) : (
                <Editor draft={draft} isDraft={isDraft && runs} />
              )}
              {runs && counted.data && (
                <Overlap name={name} title={title(name)} people={counted.data.segment.people} />
              )}
            </div>
            <Beside
              name={name}
              shown={counted.data ?? null}
              runs={runs}
              place={draft.now.drawing}
            />
          </div>
        </div>
      </div>
    </>
  )
}

type LensProps = { lens: string; onLens: (lens: string) => void }

function Lenses({ lens, onLens }: LensProps) {
  return (
    <div className="segments-lenses" role="group" aria-label={SEGMENTS.lens}>
      {SEGMENTS.lenses.map(([name, label]) => (
        <button key={name} type="button" aria-pressed={lens === name} onClick={() => onLens(name)}>
          {label}
        </button>
      ))}
    </div>
  )
}

type Asking = '' | 'propose' | 'discard' | 'rename'
type DeedsProps = { draft: Draft; isDraft: boolean; runs: boolean }

function Deeds({ draft, isDraft, runs }: DeedsProps) {
  const [asking, setAsking] = useState<Asking>('')
  const may = useMay('propose')
  const { role } = useMe()
  const close = () => setAsking('')
  if (!may) return <span className="quiet small">{SEGMENTS.mayNot(role)}</span>
  return (
    <>
      {isDraft && (
        <span className="quiet small" role="status">
          {savedAs(draft)}
        </span>
      )}
      {draft.canUndo && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconArrowBackUp size={14} />}
          onClick={draft.undo}
        >
          {SEGMENTS.undo}
        </Button>
      )}
      {runs && (
        <Button size="xs" variant="default" onClick={() => setAsking('rename')}>
          {SEGMENTS.rename}
        </Button>
      )}
      {runs && <Remove name={draft.name} isDraft={isDraft} />}
      {isDraft && (
        <>
          <Button size="xs" variant="default" onClick={() => setAsking('discard')}>
            {SEGMENTS.discard}
          </Button>
          <Button size="xs" onClick={() => setAsking('propose')}>
            {SEGMENTS.propose}
          </Button>
        </>
      )}
      {asking === 'propose' && <Propose draft={draft} onClose={close} />}
      {asking === 'discard' && <Discard draft={draft} runs={runs} onClose={close} />}
      {asking === 'rename' && <Rename draft={draft} onClose={close} />}
    </>
  )
}

function savedAs({ saving, savedAt }: Draft): string {
  switch (saving) {
    case 'same':
      return SEGMENTS.same
    case 'changed':
      return SEGMENTS.changed
    case 'saving':
      return SEGMENTS.saving
    case 'saved':
      return SEGMENTS.saved(hourAndMinute(savedAt))
    case 'away':
      return SEGMENTS.away
    case 'refused':
    case 'clash':
      return SEGMENTS.notSaved
  }
}

/** What stands between a draft and being proposed. */
function States({ draft, runs }: { draft: Draft; runs: boolean }) {
  const { kept, saving, theirs } = draft
  return (
    <>
      {!runs && <Note title={SEGMENTS.notYet}>{SEGMENTS.notYetWhy}</Note>}
      {kept !== null && kept.draft.change > 0 && (
        <Note
          title={
            <>
              {SEGMENTS.waits}{' '}
              <Go className="link" to={`/approvals/${kept.draft.change}`}>
                {kept.draft.change}
              </Go>
            </>
          }
        />
      )}
      {saving === 'clash' && (
        <Note
          tone="warn"
          title={theirs === null ? SEGMENTS.gone : SEGMENTS.clash(theirs.draft.saved_by)}
          action={
            <span className="row">
              <Button size="compact-xs" variant="default" onClick={() => void draft.takeTheirs()}>
                {SEGMENTS.theirs}
              </Button>
              <Button size="compact-xs" onClick={() => void draft.keep(theirs)}>
                {SEGMENTS.mine}
              </Button>
            </span>
          }
        >
          {SEGMENTS.clashWhy}
        </Note>
      )}
      {saving !== 'clash' && kept !== null && kept.moved.length > 0 && (
        <Note
          tone="warn"
          title={SEGMENTS.moved}
          action={
            <Button size="compact-xs" onClick={() => void draft.ontoRunning()}>
              {SEGMENTS.movedDo}
            </Button>
          }
        >
          {SEGMENTS.movedWhy}
        </Note>
      )}
      <No error={draft.error} />
    </>
  )
}
