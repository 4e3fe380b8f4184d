// A group of conditions and the rows in it; groups stand in groups.
import { Menu } from '@mantine/core'
import { IconDots, IconPlus } from '@tabler/icons-react'
import { useMemo } from 'react'
import { RULE } from '@/words/rule'
import { ChoiceField, JsonField } from '../form/inputs'
import { Pick } from '../form/pick'
import { begun, conditions, searchOf } from './add'
import { useWords } from './context'
import { Did, Measure, Same, Sequence } from './measured'
import { Age, Clock, Property, Standing, Trait } from './standing'
import { type Group, type Hand, type Part, partOf, type Row, type Word } from './tree'

type Props = { group: Group; hand: Hand; onChange: (group: Group) => void }

export function GroupView({ group, hand, onChange }: Props) {
  const words = useWords()
  const options = useMemo(() => conditions(words, hand), [words, hand])
  const { parts } = group
  const give = (next: readonly Part[]) => onChange({ ...group, parts: next })
  const said = hand.isWhere ? RULE.where : RULE.words
  return (
    <div className="rule-group" role="group" aria-label={`${RULE.group}: ${said[group.word]}`}>
      {(parts.length !== 1 || group.word !== 'all' || group.form === 'word' || hand.isWhere) && (
        <div className="rule-group-head">
          <ChoiceField<Word>
            label={RULE.wordLabel}
            value={group.word}
            options={Object.entries(said) as [Word, string][]}
            isReadOnly={words.isReadOnly}
            onChange={(word) => onChange({ ...group, word })}
          />
        </div>
      )}
      {parts.length > 0 && (
        <ul className="rule-rows">
          {parts.map((part, number) => (
            <li key={number} className="rule-row" data-kind={part.kind}>
              <div className="rule-row-body">
                <PartView
                  part={part}
                  hand={hand}
                  onChange={(next) =>
                    give(parts.map((each, index) => (index === number ? next : each)))
                  }
                />
              </div>
              {!words.isReadOnly && <RowMenu parts={parts} number={number} onChange={give} />}
            </li>
          ))}
        </ul>
      )}
      {!words.isReadOnly && (
        <Pick
          label={hand.isWhere ? RULE.addProperty : RULE.add}
          options={options}
          search={searchOf(words, hand)}
          onPick={(choice) => give([...parts, partOf(begun(choice, words, hand), hand)])}
        >
          <span className="rule-add">
            <IconPlus size={13} aria-hidden="true" />
            {hand.isWhere ? RULE.addProperty : RULE.add}
          </span>
        </Pick>
      )}
    </div>
  )
}

type PartProps = { part: Part; hand: Hand; onChange: (part: Part) => void }

function PartView({ part, hand, onChange }: PartProps) {
  const { isReadOnly } = useWords()
  switch (part.kind) {
    case 'group':
      return <GroupView group={part} hand={hand} onChange={onChange} />
    case 'row':
      return <RowView row={part} hand={hand} onChange={onChange} />
    case 'text':
      return (
        <div className="rule-text">
          <JsonField
            label={RULE.textLabel}
            value={part.source}
            isReadOnly={isReadOnly}
            onChange={(source) => onChange(partOf(source, hand))}
          />
          <p className="small quiet">{RULE.asText}</p>
        </div>
      )
  }
}

type RowViewProps = { row: Row; hand: Hand; onChange: (part: Part) => void }

function RowView({ row, hand, onChange }: RowViewProps) {
  const { source } = row
  const measured = {
    source,
    entry: hand.entry,
    onChange: (next: Row['source']) => onChange({ ...row, source: next }),
  }
  const standing = { source, hand, onChange: measured.onChange }
  switch (row.draws) {
    case 'did':
      return <Did {...measured} />
    case 'measure':
      return <Measure {...measured} />
    case 'sequence':
      return <Sequence {...measured} />
    case 'same':
      return <Same {...measured} />
    case 'trait':
      return <Trait {...standing} />
    case 'property':
      return <Property {...standing} />
    case 'standing':
      return <Standing {...standing} />
    case 'time':
      return <Clock {...standing} />
    case 'age':
      return <Age {...standing} />
  }
}

type MenuProps = {
  parts: readonly Part[]
  number: number
  onChange: (parts: readonly Part[]) => void
}

function RowMenu({ parts, number, onChange }: MenuProps) {
  const part = parts[number]
  if (part === undefined) return null
  const before = parts.slice(0, number)
  const after = parts.slice(number + 1)
  const swap = (at: number) => {
    const next = [...parts]
    const [moved] = next.splice(number, 1)
    if (moved !== undefined) next.splice(at, 0, moved)
    onChange(next)
  }
  const group: Group = { kind: 'group', word: 'any', form: 'word', parts: [part] }
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <button type="button" className="rule-dots" aria-label={`${RULE.more}, ${number + 1}`}>
          <IconDots size={15} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {number > 0 && <Menu.Item onClick={() => swap(number - 1)}>{RULE.up}</Menu.Item>}
        {after.length > 0 && <Menu.Item onClick={() => swap(number + 1)}>{RULE.down}</Menu.Item>}
        <Menu.Item onClick={() => onChange([...before, part, part, ...after])}>
          {RULE.copy}
        </Menu.Item>
        {part.kind === 'group' && part.parts.length > 0 ? (
          <Menu.Item onClick={() => onChange([...before, ...part.parts, ...after])}>
            {RULE.unwrap}
          </Menu.Item>
        ) : (
          <Menu.Item onClick={() => onChange([...before, group, ...after])}>{RULE.wrap}</Menu.Item>
        )}
        <Menu.Item color="red" onClick={() => onChange([...before, ...after])}>
          {RULE.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
