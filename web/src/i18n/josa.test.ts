import { describe, expect, it } from 'vitest'
import { josa } from './josa.ts'
import { ko } from './ko/index.ts'

describe('josa', () => {
  it.each([
    ['클러스터을(를) 만들었습니다.', '클러스터를 만들었습니다.'],
    ['작업을(를) 취소합니다.', '작업을 취소합니다.'],
    ['gpu-1을(를)', 'gpu-1을'],
    ['gpu-2이(가) 중지되어', 'gpu-2가 중지되어'],
    ['gpu-3은(는)', 'gpu-3은'],
    ['서울(으)로', '서울로'],
    ['부산(으)로', '부산으로'],
    ['작업 7과(와)', '작업 7과'],
    ['main을(를)', 'main을'],
    ['train-job을(를)', 'train-job을'],
    ['cpu이(가)', 'cpu가'],
    ['"gpu-a"을(를)', '"gpu-a"를'],
    ['Standard_D4(4)을(를)', 'Standard_D4(4)를'],
    ['root(으)로', 'root로'],
    ['notebook을(를)', 'notebook을'],
    ['chat이(가)', 'chat이'],
    ['★을(를)', '★을(를)'],
    ['a을(를) b이(가)', 'a를 b가'],
  ])('%s', (text, want) => {
    expect(josa(text)).toBe(want)
  })
})

it('lets no text choose the particle of a value before the value is known', () => {
  const chosen = /\}[”"’')]?(?:은|는|이|가|을|를|과|와|으로|로|이라|라)(?=[\s.,:!?]|$)/
  // What is in parentheses only says more about the word before them.
  const wrong = Object.entries(ko).filter(([, text]) => chosen.test(text.replace(/\(\{\w+\}\)/g, '')))
  expect(wrong).toEqual([])
})
