// A rule, built of the dictionary's words, read back and counted by the server as it is built.
//
//   <RuleEditor
//     rule={step.fields.when}          what stands under `when`; {} or undefined: nothing yet
//     onChange={(rule) => ...}         the whole rule; parts not touched are as they were given.
//                                      Left out: it is shown, not changed. Typing is handed on
//                                      when it rests (half a second) or the field is left.
//     event="Checkout Started"         what begins the journey that the rule is of ('' : none)
//     on="Order Completed"             the event at hand, where the rule is asked of one: the `when`
//                                      of an `enter`, a way out, or a case with `on`
//     answer                           it is asked of the answer of a call
//     path="steps/1/when"              where it stands in the drawing: problems' paths begin there
//     files={draft.files}              texts in place of the running ones
//     isBare                           without read-back and audience: rows alone
//     onAnswer={(shown) => ...}        what the server says of it: sentence, problems, who
//   />
//
// What the builder does not draw stands there as text (JSON), is kept as it is, and can be changed.
import { useEffect, useMemo } from 'react'
import { useMay } from '@/app/session'
import { RULE } from '@/words/rule'
import type { Json } from '../form/json'
import { Skeleton } from '@mantine/core'
import { Trouble } from '../trouble'
import { type Files, type ShownRule, useKinds, useRule } from './ask'
import { RuleContext, type RuleWords } from './context'
import { GroupView } from './group'
import { ReadBack } from './said'
import { TryOn } from './trial'
import { groupOf, type Hand, jsonOf } from './tree'
import './rule.css'

type Props = {
  rule: Json | undefined
  onChange?: (rule: Json) => void
  event?: string
  on?: string
  answer?: boolean
  path?: string
  files?: Files
  isBare?: boolean
  onAnswer?: (shown: ShownRule) => void
}

const NO_FILES: Files = {}

export function RuleEditor(props: Props) {
  const { rule = {}, onChange, event = '', on = '', answer = false, path = '' } = props
  const kinds = useKinds()
  const mayAsk = useMay('rehearse')
  const isReadOnly = onChange === undefined
  const words = useMemo<RuleWords>(
    () => ({
      of: (kind) => kinds.data?.words[kind] ?? [],
      cut: kinds.data?.cut ?? [],
      isReadOnly,
    }),
    [kinds.data, isReadOnly],
  )
  const hand = useMemo<Hand>(
    () => ({ event: on === '' ? null : on, entry: event === '' ? null : event, hasAnswer: answer }),
    [on, event, answer],
  )
  const asked = { rule, event, on, is_answer: answer, path, files: props.files ?? NO_FILES }
  const { query, isBehind } = useRule(asked, mayAsk && props.isBare !== true)

  const { onAnswer } = props
  const { data } = query
  useEffect(() => {
    if (data !== undefined && !isBehind) onAnswer?.(data)
  }, [data, isBehind, onAnswer])

  if (kinds.data === undefined) {
    if (kinds.isError) return <Trouble error={kinds.error} retry={kinds.refetch} />
    return <Skeleton h={90} />
  }
  const group = groupOf(rule, hand)
  return (
    <div className="rule">
      <RuleContext value={words}>
        {group.parts.length === 0 && <p className="small quiet pretty">{RULE.empty}</p>}
        <GroupView group={group} hand={hand} onChange={(next) => onChange?.(jsonOf(next))} />
      </RuleContext>
      {props.isBare !== true && !mayAsk && <p className="small quiet pretty">{RULE.cannotAsk}</p>}
      {props.isBare !== true && mayAsk && group.parts.length > 0 && (
        <>
          <ReadBack query={query} isBehind={isBehind} rule={rule} path={path} onRepair={onChange} />
          <TryOn asked={asked} />
        </>
      )}
    </div>
  )
}
