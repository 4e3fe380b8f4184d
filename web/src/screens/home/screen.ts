import { IconHome } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Home',
  icon: IconHome,
  group: '',
  order: 10,
  pages: [{ path: '/', load: () => import('./home') }],
})
