import { IconActivity } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Live events',
  icon: IconActivity,
  group: 'Data',
  order: 10,
  pages: [{ path: '/live', load: () => import('./live') }],
})
