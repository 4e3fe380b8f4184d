// What must be true of an event itself: a group of its own, about the event's properties alone.
import { RULE } from '@/words/rule'
import { isSame, type JsonObject, without } from '../form/json'
import { useWords } from './context'
import { GroupView } from './group'
import { groupOf, jsonOf } from './tree'

type Props = { source: JsonObject; onChange: (source: JsonObject) => void; event: string }

export function Where({ source, onChange, event }: Props) {
  const { isReadOnly } = useWords()
  const hand = { event, entry: null, isWhere: true }
  const { where } = source
  if (where === undefined) {
    if (isReadOnly || event === '') return null
    return (
      <button
        type="button"
        className="rule-more"
        onClick={() => onChange({ ...source, where: {} })}
      >
        {RULE.addWhere}
      </button>
    )
  }
  return (
    <div className="rule-where">
      <GroupView
        group={groupOf(where, hand)}
        hand={hand}
        onChange={(group) => {
          const next = jsonOf(group)
          onChange(isSame(next, {}) ? without(source, 'where') : { ...source, where: next })
        }}
      />
    </div>
  )
}
