// Package mattertest has a matter for tests that no pack has.
package mattertest

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"eyas/internal/pack"
	"eyas/packs"
)

// third is a matter that is nowhere but here: everything that the engine can do, in YAML only.
const third = `
id: third
name: {zh: 第三个事项, en: third matter}
register: enterprise
version: 3
basis: {zh: 测试, en: test}
status: modelled
clerk: {role: bureau_admin, of: city}
withdraw: [file, look]
form:
  sections:
    - id: all
      name: {zh: 全部, en: all}
      fields:
        - {attribute: name, required: true}
        - {id: amount, name: {zh: 金额, en: amount}, kind: money, required: true}
        - {id: big_reason, name: {zh: 大额理由, en: reason}, kind: text, required: true, when: amount > staff}
        - {id: lines, name: {zh: 明细, en: lines}, rows: {least: 1, most: 3, fields: [{id: what, name: {zh: 内容, en: what}, kind: text, required: true}]}}
  attachments:
    - {id: plan, name: {zh: 方案, en: plan}, types: [pdf], required: true, promise: {days: 10}}
  checks:
    - {id: some, when: amount >= staff, says: {zh: 金额太小, en: too little}}
stages:
  - {id: file, kind: apply, name: {zh: 申报, en: file}, who: [{role: enterprise, of: own}], limit: {months: 1}, then: [{on: pass, to: [look]}]}
  - id: look
    kind: check
    name: {zh: 受理, en: look}
    who: [{role: district_officer, of: district}]
    limit: {working_days: 5}
    warn: 2
    supplement: {days: 7}
    return: {to: [applicant], then: back}
    then:
      - {on: pass, when: amount > staff, to: [one, two, alone]}
      - {on: pass, to: [one, two]}
      - {on: refuse, to: [no]}
  - id: one
    kind: decision
    name: {zh: 甲审, en: one}
    who: [{role: district_officer, of: district}, {role: bureau, of: city}]
    sign: all
    limit: {working_days: 10}
    return: {to: [previous, any]}
    then: [{on: pass, to: [one_b]}, {on: refuse, to: [no]}]
  - id: one_b
    kind: visit
    name: {zh: 甲核, en: one b}
    who: [{role: district_officer, of: district}, {role: bureau, of: city}]
    return: {to: [applicant, previous], then: back}
    then: [{on: pass, to: [meet]}]
  - id: two
    kind: check
    name: {zh: 乙审, en: two}
    who: [{role: bureau, of: city}]
    limit: {working_days: 3}
    when_due: refuse
    return: {to: [any], keeps: [one, one_b]}
    then: [{on: pass, to: [inner_a, inner_b]}, {on: refuse, to: [meet]}]
  - {id: inner_a, kind: check, name: {zh: 内甲, en: inner a}, who: [{role: bureau, of: city}], return: {to: [any]}, then: [{on: pass, to: [inner_meet]}]}
  - {id: inner_b, kind: check, name: {zh: 内乙, en: inner b}, who: [{role: district_reviewer, of: district}], return: {to: [any], then: back}, then: [{on: pass, to: [inner_meet]}]}
  - {id: inner_meet, kind: decision, name: {zh: 内会, en: inner meet}, join: true, who: [{role: bureau, of: city}], apart: [inner_a], return: {to: [any], keeps: [inner_b]}, then: [{on: pass, to: [meet]}]}
  - {id: alone, kind: check, name: {zh: 丙审, en: alone}, who: [{role: park, of: park}], then: [{on: pass, to: [meet]}]}
  - id: meet
    kind: review
    name: {zh: 评审, en: meet}
    join: true
    who: [{role: bureau, of: city}]
    limit: {working_days: 20}
    review: {quorum: 3, drop: 1, pass: 5, items: [{id: a, name: {zh: 甲, en: a}, most: 5}, {id: b, name: {zh: 乙, en: b}, most: 5}]}
    return: {to: [any], keeps: [two, inner_a, inner_b, inner_meet, alone]}
    then: [{on: pass, to: [show]}, {on: refuse, to: [no]}]
  - {id: show, kind: publicity, name: {zh: 公示, en: show}, who: [{role: bureau, of: city}], limit: {working_days: 5}, when_due: pass, then: [{on: pass, to: [out]}, {on: refuse, to: [no]}]}
  - id: out
    kind: outside
    name: {zh: 外部, en: out}
    who: [{role: bureau, of: city}]
    limit: {working_days: 15}
    outside: {states: {submitted: stay, returned: return, granted: pass, refused: refuse}}
    return: {to: [applicant], then: back}
    then: [{on: pass, to: [later]}, {on: refuse, to: [no]}]
  - {id: later, kind: milestone, name: {zh: 验收, en: later}, who: [{role: enterprise, of: own}], limit: {months: 2}, warn: 5, then: [{on: pass, to: [over]}]}
  - {id: over, kind: expiry, name: {zh: 到期, en: over}, limit: {days: 30}, when_due: pass, then: [{on: pass, to: [yes]}]}
ends:
  - {id: yes, name: {zh: 完成, en: done}, means: granted}
  - {id: no, name: {zh: 未通过, en: refused}, means: refused}
  - {id: withdrawn, name: {zh: 撤回, en: withdrawn}, means: withdrawn}
  - {id: void, name: {zh: 作废, en: void}, means: void}
`

// WithThird is the pack of Tianjin with one more matter, “third”, read anew: a test may change it.
func WithThird(t testing.TB) *pack.Pack {
	t.Helper()
	files := fstest.MapFS{"tianjin/matters/third.yaml": &fstest.MapFile{Data: []byte(third)}}
	err := fs.WalkDir(packs.FS, "tianjin", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(packs.FS, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Load(files, "tianjin")
	if err != nil {
		t.Fatal(err)
	}
	return p
}
