// What is proved of a journey, what is broken, and how that comes to be: a story, and a scenario.
import { Button } from '@mantine/core'
import { IconWalk } from '@tabler/icons-react'
import type { FoundOf } from '@/api/rehearsals'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { useGo } from '@/kit/go'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { count, title } from '@/words/format'
import { PROOFS, REHEARSE } from '@/words/rehearse'
import type { Subject } from './about'
import { AsScenario } from './keep'
import { Run } from './run'
import { sentence } from './scenarios'
import { scriptOf } from './script'
import { Waive } from './waive'
import { beginWalk } from './walk'

type Found = FoundOf<'prove'>
type Harm = Found['journeys'][number]['harms'][number]

export function Proofs({ subject }: { subject: Subject }) {
  return (
    <Run task={{ kind: 'prove', journeys: [] }} subject={subject} words={PROOFS}>
      {(found) => <Proved found={found} subject={subject} />}
    </Run>
  )
}

function Proved({ found, subject }: { found: Found; subject: Subject }) {
  const own = found.journeys.filter((each) => each.journey === subject.journey)
  const others = found.journeys.filter((each) => each.journey !== subject.journey)
  const harms = [...own, ...others].flatMap((each) => each.harms)
  const standing = harms.filter((each) => each.waived === '')
  const states = found.journeys.reduce((sum, each) => sum + each.state_count, 0)
  return (
    <>
      {standing.length === 0 ? (
        <Note tone="ok" title={PROOFS.proved}>
          {PROOFS.provedWhy(count(states))}
        </Note>
      ) : (
        <Note tone="bad" title={PROOFS.violated(standing.length)}>
          {PROOFS.violatedWhy}
        </Note>
      )}
      {standing.map((harm) => (
        <Broken key={keyOf(harm)} harm={harm} subject={subject} />
      ))}
      <Card title={PROOFS.promises} isBare>
        <Table
          label={PROOFS.promises}
          rows={Object.entries(found.promises)}
          keyOf={([name]) => name}
          columns={[
            { name: PROOFS.promise, cell: ([, words]) => sentence(words) },
            {
              name: PROOFS.thisOne,
              width: 150,
              cell: ([name]) => <Kept harms={own.flatMap((each) => each.harms)} name={name} />,
            },
            {
              name: PROOFS.everywhere,
              width: 150,
              cell: ([name]) => <Kept harms={harms} name={name} />,
            },
          ]}
        />
      </Card>
      {harms
        .filter((each) => each.waived !== '')
        .map((harm) => (
          <Broken key={keyOf(harm)} harm={harm} subject={subject} />
        ))}
    </>
  )
}

function keyOf({ code, journey, step, what }: Harm): string {
  return `${code} ${journey} ${step} ${what}`
}

function Kept({ harms, name }: { harms: readonly Harm[]; name: string }) {
  const own = harms.filter((each) => each.promise === name)
  if (own.length === 0) return <Chip tone="ok">{PROOFS.kept}</Chip>
  if (own.every((each) => each.waived !== '')) return <Chip tone="warn">{PROOFS.waived}</Chip>
  return <Chip tone="bad">{PROOFS.broken}</Chip>
}

function Broken({ harm, subject }: { harm: Harm; subject: Subject }) {
  return (
    <Card
      title={sentence(harm.what)}
      more={
        <Chip tone={harm.waived === '' ? 'bad' : 'warn'}>
          {title(harm.journey)} · {harm.code}
        </Chip>
      }
    >
      <div className="rehearse-harm">
        {harm.waived !== '' && <p className="small">{PROOFS.waivedBecause(harm.waived)}</p>}
        {harm.story.length > 0 && (
          <section>
            <h3>{PROOFS.harms}</h3>
            <ol className="rehearse-story" aria-label={PROOFS.harms}>
              {harm.story.map((each, index) => (
                <li key={index}>{each}</li>
              ))}
            </ol>
          </section>
        )}
        <section>
          <h3>{REHEARSE.fix}</h3>
          <p className="small ink2">{sentence(harm.fix)}.</p>
          <p className="mono quiet small">
            {harm.place.file}:{harm.place.line}
          </p>
        </section>
        {subject.draft !== null && harm.waived === '' && (
          <Waive harm={harm} draft={subject.draft} />
        )}
        {harm.walk != null && <WalkIt walk={harm.walk} subject={subject} />}
        {harm.scenario === '' ? (
          <p className="quiet small">{PROOFS.onlyTold}</p>
        ) : (
          <AsScenario
            label={PROOFS.scenarioOf(harm.code)}
            text={harm.scenario}
            file={`scenarios/${harm.code.toLowerCase()}-${harm.journey}.yaml`}
            subject={subject}
          />
        )}
      </div>
    </Card>
  )
}

/** The story on the canvas, where its journey is the one that is looked at. */
function WalkIt({ walk, subject }: { walk: NonNullable<Harm['walk']>; subject: Subject }) {
  const go = useGo()
  const { draftName } = subject
  return (
    <div>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconWalk size={14} />}
        onClick={() => {
          beginWalk({ ...subject, journey: walk.journey }, scriptOf(walk))
          const search = { ...(draftName !== '' && { draft: draftName }), tab: 'walk' }
          go(`/journeys/${walk.journey}/rehearse`, search)
        }}
      >
        {PROOFS.walk}
      </Button>
    </div>
  )
}
