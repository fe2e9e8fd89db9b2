import { useEffect, useRef, useState } from 'react'

const rest = 200

/**
 * A text that is shown as it is typed and that commit hears of when typing rests. Value is where it comes from
 * otherwise, an address for example. What is typed is never taken back by a value that is on its way: that would
 * break the composition of Korean syllables.
 */
export function useTyped(value: string, commit: (v: string) => void): [string, (v: string) => void] {
  const [typed, setTyped] = useState(value)
  const seen = useRef(value)
  const onTheWay = useRef<string[]>([])
  const last = useRef(commit)
  useEffect(() => {
    last.current = commit
  })
  useEffect(() => {
    if (value === seen.current) return
    seen.current = value
    const at = onTheWay.current.indexOf(value)
    onTheWay.current = at < 0 ? [] : onTheWay.current.slice(at + 1)
    if (at < 0) setTyped(value)
  }, [value])
  useEffect(() => {
    if (typed === (onTheWay.current.at(-1) ?? seen.current)) return
    const timer = setTimeout(() => {
      onTheWay.current.push(typed)
      last.current(typed)
    }, rest)
    return () => clearTimeout(timer)
  }, [typed])
  return [typed, setTyped]
}
