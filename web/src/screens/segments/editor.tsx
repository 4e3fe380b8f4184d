// The rule of a segment, and the few words beside it: each change is a command on its text.
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { withChanges } from '@/kit/form/ahead'
import { TextField } from '@/kit/form/inputs'
import type { Json, JsonObject } from '@/kit/form/json'
import { Note } from '@/kit/note'
import { RuleEditor } from '@/kit/rule/editor'
import { SEGMENTS } from '@/words/segments'
import type { Draft } from './draft'

const RULE = 'when'
const WORDS = [
  ['title', SEGMENTS.titleLabel],
  ['definition', SEGMENTS.definition],
  ['owner', SEGMENTS.owner],
] as const

/** `isDraft`: something else runs, and is shown beside it. */
export function Editor({ draft, isDraft }: { draft: Draft; isDraft: boolean }) {
  const { now, running } = draft
  const mayDraft = useMay('propose')
  const mayTry = useMay('rehearse')
  if (now === null) return null
  const { drawing } = now
  const fields = withChanges(drawing.fields as JsonObject, draft.ahead)
  const set = (field: string, to: Json | undefined) => void draft.set({ field, seen: fields, to })
  // Of the rule itself the editor speaks.
  const others = drawing.problems.filter((each) => !/^when(\/|$)/.test(each.path ?? ''))

  return (
    <>
      <Card title={SEGMENTS.rule}>
        <RuleEditor
          rule={fields[RULE] ?? {}}
          onChange={mayDraft && mayTry ? (rule) => set(RULE, rule) : undefined}
          path={RULE}
          files={now.files}
        />
        {isDraft && running !== null && running.drawing.sentence !== drawing.sentence && (
          <p className="segments-runs small">
            <span className="quiet">{SEGMENTS.ruleRuns}:</span> {running.drawing.sentence}.
          </p>
        )}
      </Card>
      {[...others, ...drawing.elsewhere].map((problem) => (
        <Note
          key={`${problem.code} ${problem.place.file} ${problem.place.line} ${problem.what}`}
          tone="bad"
          title={problem.what}
        >
          {problem.fix}{' '}
          <span className="mono">
            {problem.code} {SEGMENTS.file(problem.place.file, problem.place.line)}
          </span>
        </Note>
      ))}
      <Card title={SEGMENTS.about}>
        <div className="segments-form">
          {WORDS.map(([key, label]) => (
            <label key={key} className="segments-field">
              <span>{label}</span>
              <TextField
                isLong
                label={label}
                placeholder={key === 'definition' ? SEGMENTS.definitionHint : undefined}
                value={typeof fields[key] === 'string' ? fields[key] : ''}
                isReadOnly={!mayDraft || !mayTry}
                onChange={(text) => set(key, text === '' ? undefined : text)}
              />
            </label>
          ))}
        </div>
      </Card>
    </>
  )
}
