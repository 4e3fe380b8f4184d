import { IconHistory } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Audit trail',
  icon: IconHistory,
  group: 'Govern',
  order: 40,
  needs: 'audit',
  pages: [{ path: '/audit', load: () => import('./audit') }],
})
