// The canvas: steps where the layout puts them, measured before they are placed for good.
import '@xyflow/react/dist/base.css'
import { useComputedColorScheme } from '@mantine/core'
import { IconMaximize, IconMinus, IconPlus } from '@tabler/icons-react'
import {
  Background,
  MiniMap,
  type NodeChange,
  Panel,
  ReactFlow,
  type ReactFlowInstance,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react'
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { motionMs } from '@/kit/motion'
import { JOURNEY } from '@/words/journey'
import { UNHAUNTED, useBoard } from './context'
import { focusStep, useEditKeys } from './edit/keys'
import { Palette } from './edit/palette'
import { GhostCard, type GhostNode } from './ghost'
import { type Graph, START } from './graph'
import { layout, type Spot, WIDTH } from './layout'
import { LineMark, type StepLine } from './line'
import { StepCard, type StepNode } from './node'
import { type Direction, stepBeside } from './walk'

const NODES = { step: StepCard, ghost: GhostCard }
type AnyNode = StepNode | GhostNode
const LINES = { line: LineMark }
/** Below the last step there is a place for the next, and what is said of problems. */
const FIT = { padding: { x: '5%', top: '28px', bottom: '60px' }, maxZoom: 1 } as const
const FIT_MS = 160
const ZOOM_MS = 120
const MINIMAP_PAST = 15
const GUESS = 120
type Flow = ReactFlowInstance<AnyNode, StepLine>

const READABLE = 0.8
const TOP = 28
const DIRECTIONS: Record<string, Direction> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
}

export function Canvas({ graph }: { graph: Graph }) {
  return (
    <ReactFlowProvider>
      <Drawn graph={graph} />
    </ReactFlowProvider>
  )
}

function Drawn({ graph }: { graph: Graph }) {
  const board = useBoard()
  const { ghosts = UNHAUNTED } = board
  const flow = useReactFlow<AnyNode, StepLine>()
  const scheme = useComputedColorScheme('light')
  const { heights, onNodesChange } = useHeights()
  const ids = useMemo(() => [START, ...graph.steps.keys()], [graph])
  const isMeasured = ids.every((id) => heights.has(id))
  const placed = useMemo(
    () => layout(graph.trees, (id) => heights.get(id) ?? GUESS),
    [graph, heights],
  )
  const nodes = useMemo(
    () =>
      placed.spots.map<AnyNode>(({ id, x, y, height }) => {
        // A step that is new is measured alone: the others stay in sight.
        const measured = heights.has(id) ? { width: WIDTH, height } : undefined
        const at = { id, position: { x, y }, measured }
        const gone = ghosts.get(id)
        return gone === undefined
          ? { ...at, type: 'step', data: { shown: graph.steps.get(id) ?? null } }
          : { ...at, type: 'ghost', data: { gone } }
      }),
    [placed, graph, ghosts, heights],
  )
  const lines = useMemo(
    () =>
      placed.lines.map<StepLine>(({ id, from, to, way, points }) => ({
        id,
        source: from,
        target: to,
        type: 'line',
        focusable: false,
        data: { points, way },
      })),
    [placed],
  )
  const [isShown, setShown] = useState(false)
  /** What was asked for as a whole, until somebody goes elsewhere. */
  const whole = useRef<Graph | null>(null)
  const pane = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!isMeasured || isShown) return
    void begin(flow, pane.current?.clientWidth ?? 0).then(() => setShown(true))
  }, [isMeasured, isShown, flow])

  const show = useCallback(
    (id: string) => {
      const spot = placed.spots.find((each) => each.id === id)
      if (spot === undefined) return
      const before = document.activeElement
      const focus = () => focusStep(id, before)
      if (isInSight(flow, pane.current, spot)) return focus()
      const [x, y] = [spot.x + WIDTH / 2, spot.y + spot.height / 2]
      const zoom = Math.max(flow.getZoom(), READABLE)
      whole.current = null
      void flow.setCenter(x, y, { zoom, duration: motionMs(FIT_MS) }).then(focus)
    },
    [flow, placed],
  )

  // Whatever chose a step, it is brought into sight.
  const { chosen } = board
  useEffect(() => {
    if (isShown && chosen !== '') show(chosen)
    // Not when heights change: what people look at stays where it is.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isShown, chosen])

  // A step that had the focus may be gone: whoever works by keyboard goes on at the chosen one.
  useEffect(() => {
    if (document.activeElement === document.body && chosen !== '') focusStep(chosen)
  }, [graph, chosen])

  // Who asked for the whole sees the whole, though steps grow as what they say comes in.
  useEffect(() => {
    if (whole.current === graph) void flow.fitView(FIT)
  }, [placed, graph, flow])
  const zoom = (way: 'zoomIn' | 'zoomOut', duration = 0) => {
    whole.current = null
    void flow[way]({ duration })
  }
  const fit = () => {
    whole.current = graph
    void flow.fitView({ ...FIT, duration: motionMs(FIT_MS) })
  }
  const edits = useEditKeys()
  function onKeyDown(event: KeyboardEvent) {
    if (edits(event)) return
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const direction = DIRECTIONS[event.key]
    if (direction !== undefined) {
      const next = stepBeside(graph, placed.spots, { from: board.chosen || START, direction })
      event.preventDefault()
      if (next === '') return
      board.choose(next)
    } else if (event.key === '+' || event.key === '=') zoom('zoomIn', motionMs(ZOOM_MS))
    else if (event.key === '-') zoom('zoomOut', motionMs(ZOOM_MS))
    else if (event.key === '0' || event.key === 'F') fit()
  }

  return (
    <div
      ref={pane}
      className="canvas"
      role="application"
      aria-label={`${JOURNEY.canvas}. ${JOURNEY.keys}`}
      onKeyDown={onKeyDown}
      data-shown={isShown}
    >
      <ReactFlow
        nodes={nodes}
        edges={lines}
        nodeTypes={NODES}
        edgeTypes={LINES}
        onNodesChange={onNodesChange}
        onlyRenderVisibleElements={isShown}
        colorMode={scheme}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        minZoom={0.1}
        maxZoom={1.5}
        panOnScroll
        onMoveStart={(event) => {
          if (event) whole.current = null
        }}
        // That always takes its time.
        zoomOnDoubleClick={motionMs(ZOOM_MS) > 0}
        attributionPosition="bottom-left"
      >
        <Background gap={18} size={1.3} color="var(--dot)" />
        {placed.spots.length > MINIMAP_PAST && (
          <MiniMap pannable zoomable position="bottom-left" ariaLabel={null} />
        )}
        <Palette />
        <Panel position="bottom-right" className="canvas-zoom">
          <button type="button" aria-label={JOURNEY.zoomIn} onClick={() => zoom('zoomIn')}>
            <IconPlus size={16} />
          </button>
          <button type="button" aria-label={JOURNEY.zoomOut} onClick={() => zoom('zoomOut')}>
            <IconMinus size={16} />
          </button>
          <button type="button" aria-label={JOURNEY.fit} onClick={fit}>
            <IconMaximize size={16} />
          </button>
        </Panel>
      </ReactFlow>
    </div>
  )
}

function isInSight(flow: Flow, pane: HTMLElement | null, { x, y, height }: Spot): boolean {
  if (pane === null) return false
  const box = pane.getBoundingClientRect()
  const first = flow.flowToScreenPosition({ x, y })
  const last = flow.flowToScreenPosition({ x: x + WIDTH, y: y + height })
  return first.x >= box.left && first.y >= box.top && last.x <= box.right && last.y <= box.bottom
}

/** Show the whole where it can be read so, else its beginning. */
async function begin(flow: Flow, width: number): Promise<void> {
  await flow.fitView(FIT)
  if (flow.getZoom() >= READABLE) return
  await flow.setViewport({ x: width / 2, y: TOP, zoom: READABLE })
}

/** Heights of the nodes as the browser has drawn them: a guess would let them overlap. */
function useHeights() {
  const [heights, setHeights] = useState<ReadonlyMap<string, number>>(new Map())
  const known = useRef(new Map<string, number>())
  const onNodesChange = useCallback((changes: NodeChange<AnyNode>[]) => {
    let isNew = false
    for (const change of changes) {
      if (change.type !== 'dimensions' || change.dimensions === undefined) continue
      const height = Math.ceil(change.dimensions.height)
      if (known.current.get(change.id) === height) continue
      known.current.set(change.id, height)
      isNew = true
    }
    if (isNew) setHeights(new Map(known.current))
  }, [])
  return { heights, onNodesChange }
}
