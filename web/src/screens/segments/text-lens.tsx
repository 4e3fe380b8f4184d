// The segment as its text: what the rule is drawn from, comments and all, with its mistakes in place.
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Note } from '@/kit/note'
import { Code } from '@/screens/journeys/edit/code'
import '@/screens/journeys/edit/edit.css'
import { SEGMENTS } from '@/words/segments'
import type { Draft } from './draft'

export function TextLens({ draft }: { draft: Draft }) {
  const { now } = draft
  const mayDraft = useMay('propose')
  const mayTry = useMay('rehearse')
  if (now === null) return null
  const { file } = now.drawing.place
  const problems = [...now.drawing.problems, ...now.drawing.elsewhere]
  const marks = problems
    .filter((each) => each.place.file === file)
    .map((each) => ({ line: each.place.line, what: each.what }))
  const isReadOnly = !mayDraft || !mayTry
  return (
    <>
      <Card title={SEGMENTS.text}>
        <p className="quiet small pretty">{SEGMENTS.textWhy(file)}</p>
        <div className="segments-code" data-read-only={isReadOnly}>
          <Code
            label={SEGMENTS.textOf(file)}
            text={now.text}
            marks={now.isDrawn ? marks : []}
            onText={(text) => !isReadOnly && draft.write(text)}
          />
        </div>
        <p className="small" role="status">
          {now.isDrawn ? SEGMENTS.sentence(now.drawing.sentence) : SEGMENTS.reading}
        </p>
      </Card>
      {now.isDrawn &&
        problems.map((each) => (
          <Note
            key={`${each.code} ${each.place.file} ${each.place.line} ${each.what}`}
            tone="bad"
            title={each.what}
          >
            {each.fix}{' '}
            <span className="mono">
              {each.code} {SEGMENTS.file(each.place.file, each.place.line)}
            </span>
          </Note>
        ))}
    </>
  )
}
