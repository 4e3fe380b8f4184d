// A journey tried out before anybody is contacted: stories, a walk, proofs, the past; and published.
import { SegmentedControl, Skeleton } from '@mantine/core'
import { useMay, useMe } from '@/app/session'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Note } from '@/kit/note'
import { Refused } from '@/api/client'
import { Trouble } from '@/kit/trouble'
import { title } from '@/words/format'
import { REHEARSE } from '@/words/rehearse'
import { type Subject, useSubject } from './about'
import { Backtest } from './backtest'
import { Proofs } from './proofs'
import { Publish } from './publish'
import './rehearse.css'
import { Scenarios } from './scenarios'
import { Simulate } from './simulate'
import { Walk } from './walk'

type Tab = (typeof REHEARSE.tabs)[number][0]

export default function Rehearse() {
  const { journey, draftName, about, draft } = useSubject()
  const [tab, setTab] = useTab()
  const may = useMay('rehearse')
  const me = useMe()
  const isMissing = draft.error instanceof Refused && draft.error.status === 404
  return (
    <>
      <Head
        title={REHEARSE.heading(title(journey))}
        under={{ label: title(journey), to: `/journeys/${journey}` }}
        beside={
          <Chip tone={draftName === '' ? 'line' : 'accent'}>
            {draftName === '' ? REHEARSE.ofRunning : REHEARSE.ofDraft(draftName)}
          </Chip>
        }
      >
        <SegmentedControl
          size="xs"
          role="radiogroup"
          aria-label={REHEARSE.tabsLabel}
          data={REHEARSE.tabs.map(([value, label]) => ({ value, label }))}
          value={tab}
          onChange={(value) => setTab(value)}
        />
      </Head>
      {!may ? (
        <Empty title={REHEARSE.mayNot(me.role)}>{REHEARSE.mayNotWhy}</Empty>
      ) : isMissing ? (
        <Empty
          title={REHEARSE.noDraft}
          action={
            <Go className="link" to={`/journeys/${journey}/rehearse`}>
              {REHEARSE.rehearseRunning}
            </Go>
          }
        >
          {REHEARSE.noDraftWhy}
        </Empty>
      ) : draft.isError ? (
        <Trouble error={draft.error} retry={draft.refetch} />
      ) : draftName !== '' && draft.data === undefined ? (
        <Skeleton flex={1} radius={0} />
      ) : (
        <Shown tab={tab} subject={{ journey, draftName, about, draft: draft.data ?? null }} />
      )}
    </>
  )
}

function Shown({ tab, subject }: { tab: Tab; subject: Subject }) {
  if (tab === 'walk') return <Walk key={subject.draftName} subject={subject} />
  return (
    <div className="page">
      <div className="page-in rehearse">
        {(subject.draft?.moved ?? []).length > 0 && (
          <Note tone="warn" title={REHEARSE.moved}>
            {REHEARSE.movedWhy((subject.draft?.moved ?? []).join(', '))}
          </Note>
        )}
        {tab === 'scenarios' && <Scenarios subject={subject} />}
        {tab === 'proofs' && <Proofs subject={subject} />}
        {tab === 'backtest' && <Backtest subject={subject} />}
        {tab === 'simulate' && <Simulate subject={subject} />}
        {tab === 'publish' && <Publish subject={subject} />}
      </div>
    </div>
  )
}

function useTab(): [Tab, (tab: string) => void] {
  const [tab, setTab] = useParam('tab', 'scenarios')
  const known = REHEARSE.tabs.find(([value]) => value === tab)
  return [known?.[0] ?? 'scenarios', setTab]
}
