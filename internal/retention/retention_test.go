package retention_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/registry/intake"
	"eyas/internal/retention"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/internal/vault"
)

func TestMain(m *testing.M) {
	if victim() {
		return
	}
	pgtest.Main(m)
}

const list = "企业名称,统一社会信用代码,所属区,联系人,联系电话,2019年销售收入（元）\n" +
	"天津甲科技有限公司,91120110MA05TEST14,东丽区,王五,13800138000,100\n" +
	"天津乙科技有限公司,,西青区,李六,13900139000,200\n"

// What is due is counted, asked for by one person and approved by another, and erased; who asked cannot approve, a wrong number and a second
// click change nothing. The original is rewritten, and the base stays proven.
func TestTwoPersons(t *testing.T) {
	bothBases(t, func(t *testing.T, dsn string) {
		b := open(t, dsn, t.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		defer b.db.Close()
		old := b.brings(chen, "old.csv", list, day(2019, 12, 31))
		b.brings(chen, "new.csv", strings.NewReplacer("13800138000", "13700137000", "王五", "赵七").Replace(list), day(2025, 12, 31))
		a := b.finds("enterprise", "天津甲科技有限公司")
		if _, err := b.keeper.Count(wang, retention.Wanted{}, nil); fault.Of(err) != fault.Forbidden {
			t.Errorf("a district counts for the city: %v", err)
		}
		counted, err := b.keeper.Count(chen, retention.Wanted{}, nil)
		if err != nil || counted.Cells != 4 {
			t.Fatal(counted, err)
		}
		if _, err := b.keeper.Apply(zhao, counted.ID, nil); fault.Of(err) != fault.Conflict {
			t.Errorf("what nobody asked for is erased: %v", err)
		}
		if _, err := b.keeper.Ask(chen, counted.ID, "到"); fault.Of(err) != fault.Invalid {
			t.Errorf("a reason of one character: %v", err)
		}
		p, err := b.keeper.Ask(chen, counted.ID, "保存期已满")
		if err != nil || p.State != retention.Open {
			t.Fatal(p, err)
		}
		if _, err := b.keeper.Approve(chen, p.ID, 4); fault.Of(err) != fault.Forbidden {
			t.Errorf("who asked approves: %v", err)
		}
		if _, err := b.keeper.Approve(qian, p.ID, 4); fault.Of(err) != fault.NotFound {
			t.Errorf("a district approves for the city: %v", err)
		}
		if _, err := b.keeper.Approve(zhao, p.ID, 5); fault.Of(err) != fault.Invalid {
			t.Errorf("a wrong number: %v", err)
		}
		if _, err := b.keeper.Apply(zhao, p.ID, nil); fault.Of(err) != fault.Conflict {
			t.Errorf("what nobody approved is erased: %v", err)
		}
		for range 2 {
			if p, err = b.keeper.Approve(zhao, p.ID, 4); err != nil || p.State != retention.Approved {
				t.Fatal(p, err)
			}
		}
		for range 2 {
			if p, err = b.keeper.Apply(zhao, p.ID, nil); err != nil || p.State != retention.Done || p.Erased != 4 || p.Kept != 0 {
				t.Fatal(p, err)
			}
		}
		if got := b.value(a, "phone"); got != "13700137000" { // the later file still says it
			t.Errorf("the phone is %q", got)
		}
		sha, err := b.keeper.Current(chen, old, sum(list))
		if err != nil || sha == "" || sha == sum(list) {
			t.Fatal(sha, err)
		}
		path, err := b.files.Local(chen, sha)
		if err != nil {
			t.Fatal(err)
		}
		text, err := vault.ReadFile(path, b.db.Vault())
		if want := strings.NewReplacer("王五", "", "李六", "", "13800138000", "", "13900139000", "").Replace(list); err != nil || string(text) != want {
			t.Errorf("the original is %q, %v", text, err)
		}
		if has, err := b.files.Has(chen, sum(list)); has || err != nil {
			t.Error("the file as it came is still there", err)
		}
		b.proven()
		left, err := b.keeper.Due(chen, retention.Wanted{}, nil)
		if err != nil || len(left) != 0 {
			t.Error("due again:", left, err)
		}
	})
}

// A subject's data are erased at its request in all records, by the district where it lies: another one sees nothing of it, nor of the
// plan. A hold stands against it, also one that is made after the approval.
func TestRequest(t *testing.T) {
	bothBases(t, func(t *testing.T, dsn string) {
		b := open(t, dsn, t.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		defer b.db.Close()
		b.brings(chen, "a.csv", list, day(2025, 12, 31))
		undone := b.brings(chen, "b.csv", strings.Replace(list, "13800138000", "13600136000", 1), day(2026, 6, 30))
		if err := b.reg.Undo(chen, undone, nil); err != nil {
			t.Fatal(err)
		}
		a := b.finds("enterprise", "天津甲科技有限公司")
		if _, err := b.keeper.Preview(sun, a); err == nil {
			t.Error("another district sees the fields")
		}
		v, err := b.keeper.Preview(wang, a)
		if err != nil || len(v.Fields) < 3 || v.Fields[0].Attr.ID != "contact" || v.Fields[1].Attr.ID != "phone" || v.Fields[1].Cells != 2 {
			t.Fatalf("%+v %v", v, err)
		}
		for _, f := range v.Fields {
			if f.Attr.ID == "name" || f.Attr.ID == "uscc" {
				t.Errorf("%s can be erased", f.Attr.ID)
			}
		}
		if _, err := b.keeper.AskFor(wang, a, []string{"name"}, "本人要求删除"); fault.Of(err) != fault.Invalid {
			t.Errorf("the name: %v", err)
		}
		h, err := b.keeper.AddHold(wang, retention.Hold{Kind: retention.OfSubject, Ref: a, Until: "2027-12-31", Reason: "诉讼保全"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.keeper.AskFor(wang, a, []string{"phone"}, "本人要求删除"); fault.Of(err) != fault.Conflict {
			t.Errorf("under a hold: %v", err)
		}
		if err := b.keeper.EndHold(sun, h.ID, "别的区的"); fault.Of(err) != fault.NotFound {
			t.Errorf("another district ends it: %v", err)
		}
		if err := b.keeper.EndHold(wang, h.ID, "诉讼已结"); err != nil {
			t.Fatal(err)
		}
		p, err := b.keeper.AskFor(wang, a, []string{"phone", "contact"}, "本人要求删除")
		if err != nil || p.Cells != 4 || p.State != retention.Open {
			t.Fatal(p, err)
		}
		if _, err := b.keeper.AskFor(wang, a, []string{"phone"}, "本人要求删除"); fault.Of(err) != fault.Conflict {
			t.Errorf("a second one: %v", err)
		}
		if _, _, err := b.keeper.Plan(sun, p.ID); fault.Of(err) != fault.NotFound {
			t.Errorf("another district sees the plan: %v", err)
		}
		if list, n, err := b.keeper.Plans(sun, []retention.State{retention.Open}, 0, 10); len(list) != 0 || n != 0 || err != nil {
			t.Error("another district lists it", list, n, err)
		}
		if _, err := b.keeper.Approve(wang, p.ID, 4); fault.Of(err) != fault.Forbidden {
			t.Errorf("an officer approves: %v", err)
		}
		if p, err = b.keeper.Approve(qian, p.ID, 4); err != nil {
			t.Fatal(err)
		}
		if _, err = b.keeper.AddHold(chen, retention.Hold{Kind: retention.OfImport, Ref: undone, Until: "2027-12-31", Reason: "审计要看"}); err != nil {
			t.Fatal(err)
		}
		if p, err = b.keeper.Apply(qian, p.ID, nil); err != nil || p.State != retention.Done || p.Erased != 2 || p.Kept != 2 {
			t.Fatalf("%+v %v", p, err)
		}
		if got := b.value(a, "phone") + b.value(a, "contact"); got != "" {
			t.Errorf("it still has %q", got)
		}
		if got := b.value(b.finds("enterprise", "天津乙科技有限公司"), "phone"); got != "13900139000" {
			t.Errorf("another subject has %q", got)
		}
		b.proven()
	})
}

// An operator alone asks and erases at once; a plan can be refused for a reason, and withdrawn by who asked.
func TestAnswers(t *testing.T) {
	b := open(t, basetest.Path(t), t.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	defer b.db.Close()
	b.brings(chen, "old.csv", list, day(2019, 12, 31))
	ask := func() *retention.Plan {
		t.Helper()
		p, err := b.keeper.Count(chen, retention.Wanted{}, nil)
		if err == nil {
			p, err = b.keeper.Ask(chen, p.ID, "保存期已满")
		}
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := ask()
	if _, err := b.keeper.Refuse(zhao, p.ID, ""); fault.Of(err) != fault.Invalid {
		t.Error("refused for no reason:", err)
	}
	if p, err := b.keeper.Refuse(zhao, p.ID, "还要核查"); err != nil || p.State != retention.Refused || p.Answer != "还要核查" {
		t.Error(p, err)
	}
	if _, err := b.keeper.Approve(zhao, p.ID, p.Cells); fault.Of(err) != fault.Conflict {
		t.Error("approved after it was refused:", err)
	}
	p = ask()
	if p, err := b.keeper.Withdraw(chen, p.ID); err != nil || p.State != retention.Withdrawn {
		t.Error(p, err)
	}
	counted, err := b.keeper.Count(chen, retention.Wanted{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.now = b.now.AddDate(0, 0, 1)
	if _, err := b.keeper.Ask(chen, counted.ID, "保存期已满"); fault.Of(err) != fault.Conflict {
		t.Error("what was counted yesterday:", err)
	}
	for _, bad := range []retention.Hold{{Kind: "planet", Until: "2027-01-01", Reason: "诉讼保全"}, {Kind: retention.OfRegister, Register: "enterprise", Until: "2020-01-01", Reason: "诉讼保全"},
		{Kind: retention.OfRegister, Register: "enterprise", Until: "2099-01-01", Reason: "诉讼保全"}, {Kind: retention.OfRegister, Register: "nothing", Until: "2027-01-01", Reason: "诉讼保全"}} {
		if _, err := b.keeper.AddHold(chen, bad); fault.Of(err) != fault.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	b.proven()
}

// Where the original cannot be written anew it is deleted, and that is written down.
func TestOriginalDeleted(t *testing.T) {
	b := open(t, basetest.Path(t), t.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	defer b.db.Close()
	id := b.brings(chen, "old.csv", list, day(2019, 12, 31))
	b.keeper.Rewrite = func(context.Context, string, string, intake.Holes, io.Writer) (bool, error) { return false, nil }
	p, err := b.keeper.Count(chen, retention.Wanted{}, nil)
	for _, step := range []func() (*retention.Plan, error){
		func() (*retention.Plan, error) { return b.keeper.Ask(chen, p.ID, "保存期已满") },
		func() (*retention.Plan, error) { return b.keeper.Approve(zhao, p.ID, p.Cells) },
		func() (*retention.Plan, error) { return b.keeper.Apply(zhao, p.ID, nil) },
	} {
		if err == nil {
			p, err = step()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	o, err := b.keeper.OriginalOf(chen, id)
	if err != nil || o == nil || o.What != retention.Deleted || o.Was != sum(list) || o.Now != "" {
		t.Errorf("%+v %v", o, err)
	}
	if has, err := b.files.Has(chen, sum(list)); has || err != nil {
		t.Error("it is still there", err)
	}
	b.proven()
	if _, err := b.db.Rewrite(t.Context()); err != nil {
		t.Error(err)
	}
}

// The same file that waits to be imported again goes with its preview, which repeats cells of it.
func TestWaitingUploadIsErased(t *testing.T) {
	b := open(t, basetest.Path(t), t.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	defer b.db.Close()
	b.brings(chen, "old.csv", list, day(2019, 12, 31))
	upload, err := b.files.Put(chen, strings.NewReader(list), file.Link{Scope: file.Scope{Kind: file.Upload}, Name: "again.csv"})
	if err != nil {
		t.Fatal(err)
	}
	preview, err := b.files.Put(chen, strings.NewReader("联系电话 13800138000"), file.Link{Scope: file.Scope{Kind: file.Preview, ID: upload.ID}, Name: "preview"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.keeper.Count(chen, retention.Wanted{}, nil)
	if err == nil {
		p, err = b.keeper.Ask(chen, p.ID, "保存期已满")
	}
	if err == nil {
		_, err = b.keeper.Approve(zhao, p.ID, p.Cells)
	}
	if err == nil {
		_, err = b.keeper.Apply(zhao, p.ID, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	for what, sha := range map[string]string{"the upload": upload.SHA256, "its preview": preview.SHA256} {
		if has, err := b.files.Has(chen, sha); has || err != nil {
			t.Error(what, "is still there", err)
		}
	}
}
