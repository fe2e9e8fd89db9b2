import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'

export type Theme = 'light' | 'dark' | 'system'

const ThemeContext = createContext<{ theme: Theme; dark: boolean; setTheme: (t: Theme) => void }>({
  theme: 'system',
  dark: false,
  setTheme: () => {},
})

/** The theme that the user chose, and whether that is dark now. */
export const useTheme = () => useContext(ThemeContext)

const media = () => window.matchMedia('(prefers-color-scheme: dark)')

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [theme, setTheme] = useState<Theme>('system')
  const [systemDark, setSystemDark] = useState(() => media().matches)
  useEffect(() => {
    const m = media()
    const changed = () => setSystemDark(m.matches)
    m.addEventListener('change', changed)
    return () => m.removeEventListener('change', changed)
  }, [])
  const dark = theme === 'dark' || (theme === 'system' && systemDark)
  useEffect(() => {
    document.documentElement.style.colorScheme = dark ? 'dark' : 'light'
  }, [dark])
  const value = useMemo(() => ({ theme, dark, setTheme }), [theme, dark])
  return <ThemeContext.Provider value={value}>{children}</ThemeContext.Provider>
}
