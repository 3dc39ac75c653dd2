package verify

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/store/oplog"
)

// keyText is a key as problems give it.
func keyText(k oplog.Key) string {
	switch {
	case k.Name == "":
		return strconv.FormatInt(k.ID, 10)
	case k.ID == 0:
		return k.Name
	}
	return strconv.FormatInt(k.ID, 10) + "." + k.Name
}

func sortProblems(list []audit.Problem) {
	slices.SortFunc(list, func(a, b audit.Problem) int {
		return cmp.Or(cmp.Compare(len(a.Key), len(b.Key)), cmp.Compare(a.Key, b.Key))
	})
}

// Words for the kinds of rows.
var kindNames = map[string][2]string{
	"import": {"导入", "import"}, "link": {"移动过的关联，记录", "the moved link of record"}, "merge": {"合并", "merge"}, "relink": {"记录的移动", "move of a record"},
	"question": {"待确认的关联", "question"}, "finding": {"对存疑值的处理", "the decision about finding"}, "place": {"地址词的回答", "answer about a place"},
	"mapping": {"列名对应", "the remembered mapping of header"}, "setting": {"设置", "the setting"}, "attribute": {"属性的编号", "the number of attribute"},
	"source": {"来源的编号", "the number of source"}, "register": {"库的编号", "the number of register"}, "relation": {"关系的编号", "the number of relation"},
	"person": {"账号", "the account"}, "grant": {"授权", "grant"}, "deputy": {"代理", "deputy"}, "api-token": {"接口令牌", "API token"}, "hook": {"推送", "hook"}, "unmasking": {"查看个人信息原文", "unmasking"}, "share": {"同意或分派", "share"},
	"legal_person": {"法定代表人的确认", "the confirmed representative"}, "mandate": {"办事授权", "mandate"}, "case-event": {"办件的办理记录", "the record of case"},
	"held": {"对来件的答复，主体", "the answer about held subject"}, "hold": {"保全", "legal hold"}, "erasure-plan": {"抹除申请", "the plan of erasure"}, "original": {"原文件的改动", "the change of an original"},
	"erasure": {"抹去的值，记录", "the erasure in record"}, "forgotten": {"日志中抹去的文字", "the erasure of the log's text"},
}

// rowProblem completes a problem with a row of a kind, and takes it in.
func (v *verifying) rowProblem(ctx context.Context, k *oplog.Kind, p *audit.Problem) error {
	if v.full(p.What) {
		v.problem(*p)
		return nil
	}
	name := kindNames[k.Name]
	zh, en := name[0]+" "+p.Key, name[1]+" "+p.Key
	switch id, err := strconv.ParseInt(p.Key, 10, 64); {
	case err != nil:
	case k.Name == "import":
		p.Import = id
		if err := v.fileOf(ctx, p); err != nil {
			return err
		}
		if p.File != "" {
			zh, en = fmt.Sprintf("%s（%s）", zh, p.File), fmt.Sprintf("%s (%s)", en, p.File)
		}
	case k.Name == "link" || k.Name == "erasure":
		p.Record = id
		at, err := v.placeOf(ctx, p)
		if err != nil {
			return err
		}
		zh, en = zh+at[0], en+at[1]
	}
	by := [2]string{"", ""}
	if p.Entry != 0 {
		e, err := v.entryOf(ctx, p.Entry)
		if err != nil {
			return err
		}
		by = [2]string{fmt.Sprintf("日志第 %d 条", p.Entry), fmt.Sprintf("entry %d of the log", p.Entry)}
		if e != nil {
			by = [2]string{by[0] + "（" + named(e, true) + "）", by[1] + " (" + named(e, false) + ")"}
		}
	}
	switch _, how, _ := strings.Cut(p.What, "."); how {
	case "changed":
		p.ZH = fmt.Sprintf("%s：被改动过，与%s写下的不符。", zh, by[0])
		p.EN = fmt.Sprintf("%s was changed: it is not what %s wrote", en, by[1])
	case "removed":
		p.ZH = fmt.Sprintf("%s：被删除了；%s写下了它。", zh, by[0])
		p.EN = fmt.Sprintf("%s was removed: %s wrote it", en, by[1])
	default:
		p.ZH = fmt.Sprintf("%s：日志里没有任何条目写下它，是绕过程序加入的。", zh)
		p.EN = fmt.Sprintf("%s was inserted behind the program's back: no entry of the log wrote it", en)
	}
	v.problem(*p)
	return nil
}

// entryOf finds an entry of the log; nil when it is not there.
func (v *verifying) entryOf(ctx context.Context, seq int64) (found *audit.Entry, err error) {
	err = v.Each(ctx, oplog.Entries+` WHERE seq = ?`, []any{seq}, func(rows *sql.Rows) error {
		e, err := oplog.ScanEntry(rows)
		found = &e
		return err
	})
	return found, err
}

// fileOf fills in which file an import was.
func (v *verifying) fileOf(ctx context.Context, p *audit.Problem) error {
	_, err := v.One(ctx, `SELECT CASE WHEN file <> '' THEN file ELSE form END FROM import WHERE id = ?`, []any{p.Import}, &p.File)
	return err
}

// placeOf fills in where a record came from, and gives it in words.
func (v *verifying) placeOf(ctx context.Context, p *audit.Problem) (words [2]string, err error) {
	var sheet int
	found, err := v.One(ctx, `SELECT import_id, sheet, row_no FROM record WHERE id = ?`, []any{p.Record}, &p.Import, &sheet, &p.Row)
	if err == nil && !found { // an import's records are one range
		_, err = v.One(ctx, `SELECT id FROM import WHERE first_record <= ? AND last_record >= ? ORDER BY id LIMIT 1`, []any{p.Record, p.Record}, &p.Import)
	}
	if err != nil {
		return words, err
	}
	if err := v.fileOf(ctx, p); err != nil {
		return words, err
	}
	if found {
		var text string
		if _, err := v.One(ctx, `SELECT layouts FROM import WHERE id = ?`, []any{p.Import}, &text); err != nil {
			return words, err
		}
		var layouts []struct {
			Sheet string `json:"sheet"`
		}
		if json.Unmarshal([]byte(text), &layouts) == nil && sheet >= 0 && sheet < len(layouts) {
			p.Sheet = layouts[sheet].Sheet
		}
	}
	zh := []string{fmt.Sprintf("导入 %d", p.Import)}
	en := []string{fmt.Sprintf("import %d", p.Import)}
	if p.File != "" {
		zh, en = append(zh, p.File), append(en, p.File)
	}
	if p.Sheet != "" {
		zh, en = append(zh, "工作表 "+p.Sheet), append(en, "sheet "+p.Sheet)
	}
	if p.Row != 0 {
		zh, en = append(zh, fmt.Sprintf("第 %d 行", p.Row)), append(en, fmt.Sprintf("row %d", p.Row))
	}
	return [2]string{"（" + strings.Join(zh, "，") + "）", " (" + strings.Join(en, ", ") + ")"}, nil
}
