// Rows of a list. Whatever a row leads to, its first cell holds the link, so that keys reach it.
import type { ReactNode } from 'react'

export type Column<Row> = {
  name: string
  cell: (row: Row) => ReactNode
  /** Figures stand at the end of their column. */
  side?: 'start' | 'end'
  width?: number | string
}

type Props<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string | number
  onRow?: (row: Row) => void
  isActive?: (row: Row) => boolean
  /** A row that says in words, too, that something is wrong. */
  isBad?: (row: Row) => boolean
}

export function Table<Row>({ label, columns, rows, keyOf, onRow, isActive, isBad }: Props<Row>) {
  return (
    <table className="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column.name}
              scope="col"
              data-side={column.side}
              style={{ width: column.width }}
            >
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={keyOf(row)}
            data-active={isActive?.(row)}
            data-bad={isBad?.(row)}
            data-click={onRow !== undefined}
            onClick={onRow && (() => onRow(row))}
          >
            {columns.map((column) => (
              <td key={column.name} data-side={column.side}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
