// A drawing as a tree for the layout, and its steps by path. Only shapes are looked at here; what
// steps mean, the server's sentences say.
import type { components } from '@/api/schema'
import { title } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import type { Lane, Tree } from './layout'

type Schemas = components['schemas']
export type Drawing = Schemas['Drawing']
export type Step = Drawing['steps'][number]
export type Way = Schemas['Way']
export type Problem = Schemas['DrawnProblem']
export type Kind = Schemas['Kind']

export const START = 'start'

/** How a way ends that is drawn as a word in its step, not as a line. */
export type End = {
  kind: 'goal' | 'leave' | 'jump'
  text: string
  /** Of the step that says so, or where it jumps. */
  path: string
}

export type ShownWay = { way: Way; end: End | null; target: string }

export type Shown = {
  step: Step
  ways: ShownWay[]
  /** How the journey ends here, where nothing comes after. */
  end: End | null
  /** The steps that it leads to, and from which one comes here. */
  next: string[]
  before: string[]
}

export type Graph = { trees: Tree[]; steps: Map<string, Shown>; inEnds: Map<string, string> }

/** Return the tree to draw, every step that is a node, and steps that are words in another. */
export function graphOf(drawing: Drawing): Graph {
  const graph: Graph = { trees: [], steps: new Map(), inEnds: new Map() }
  const order = orderOf(drawing.steps)
  const trees = treesOf(drawing.steps, '', { graph, order })
  const start = { id: START, wayCount: 0, lanes: [], goesOn: trees.length > 0 }
  graph.trees = [start, ...trees]
  for (const [path, shown] of graph.steps) {
    for (const next of shown.next) graph.steps.get(next)?.before.push(path)
  }
  const first = drawing.steps[0]
  if (first !== undefined) graph.steps.get(first.path)?.before.push(START)
  return graph
}

export function waysOf(step: Step): readonly Way[] {
  return 'ways' in step ? step.ways : []
}

/** Return what a step is called: its label, its message, or what kind of step it is. */
export function nameOf(step: Step, kinds: readonly Kind[]): string {
  if (step.label) return title(step.label)
  if (step.kind === 'send') {
    const message = textAt(fieldsOf(step.fields).send, 'message')
    if (message) return title(message)
  }
  return kindOf(step, kinds)
}

export function kindOf(step: Step, kinds: readonly Kind[]): string {
  return kinds.find((each) => each.kind === step.kind)?.title ?? JOURNEY.unknownKind
}

/** Return the one channel by which a step sends, where it is one. */
export function channelOf(step: Step): string {
  return step.kind === 'send' ? textAt(fieldsOf(step.fields).send, 'on') : ''
}

/** Return the server's words on a step as a sentence; its cases follow where it waits for some. */
export function saidOf(step: Step): string {
  const end = step.kind === 'wait_for' ? ':' : step.sentence.endsWith('?') ? '' : '.'
  return `${capital(step.sentence)}${end}`
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

type Making = { graph: Graph; order: ReadonlyMap<string, number> }

function treesOf(steps: readonly Step[], after: string, making: Making): Tree[] {
  return steps.map((step, index) => treeOf(step, steps[index + 1]?.path ?? after, making))
}

function treeOf(step: Step, following: string, making: Making): Tree {
  const ways = waysOf(step)
  const shown: Shown = { step, ways: [], end: null, next: [], before: [] }
  making.graph.steps.set(step.path, shown)
  const lanes: Lane[] = []
  ways.forEach((way, index) => {
    const end = endOfWay(way, step, following, making)
    shown.ways.push({ way, end, target: end?.path ?? way.next })
    if (end !== null) return
    if (way.next) shown.next.push(way.next)
    lanes.push({ way: index, steps: treesOf(way.steps, following, making) })
  })
  const goesOn = ways.length === 0 && step.next !== '' && step.next === following
  if (goesOn) shown.next.push(step.next)
  if (ways.length === 0 && (!goesOn || step.kind === 'go_to'))
    shown.end = endOfStep(step, step, making)
  return { id: step.path, wayCount: Math.max(ways.length, 1), lanes, goesOn }
}

function endOfWay(way: Way, step: Step, following: string, making: Making): End | null {
  const only = way.steps[0]
  if (only === undefined) {
    if (way.next !== '' && way.next === following) return null
    return way.next === '' ? ended(way.ends, way.path) : jump(way.next, step, making)
  }
  if (way.steps.length > 1 || (only.kind !== 'leave' && only.kind !== 'go_to')) return null
  if (only.kind === 'go_to' && only.next !== '') return null
  making.graph.inEnds.set(only.path, step.path)
  return endOfStep(only, step, making)
}

function endOfStep(step: Step, from: Step, making: Making): End {
  if (step.kind === 'go_to' && step.target) return jump(step.target, from, making)
  if (step.kind === 'leave') return ended(String(fieldsOf(step.fields).leave ?? ''), step.path)
  return step.next === '' ? ended('', step.path) : jump(step.next, from, making)
}

function ended(outcome: string, path: string): End {
  if (outcome === 'goal') return { kind: 'goal', text: JOURNEY.ends.goal, path }
  if (outcome === 'quietly') return { kind: 'leave', text: JOURNEY.ends.quietly, path }
  if (outcome === '') return { kind: 'leave', text: JOURNEY.ends.done, path }
  return { kind: 'leave', text: JOURNEY.ends.as(title(outcome)), path }
}

function jump(to: string, from: Step, { order }: Making): End {
  const isBack = (order.get(to) ?? 0) <= (order.get(from.path) ?? 0)
  return { kind: 'jump', text: isBack ? JOURNEY.ends.back : JOURNEY.ends.onward, path: to }
}

function orderOf(steps: readonly Step[], order = new Map<string, number>()): Map<string, number> {
  for (const step of steps) {
    order.set(step.path, order.size)
    for (const way of waysOf(step)) orderOf(way.steps, order)
  }
  return order
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textAt(value: unknown, key: string): string {
  const found = fieldsOf(value)[key]
  return typeof found === 'string' ? found : ''
}
