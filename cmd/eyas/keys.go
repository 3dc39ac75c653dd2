package main

import (
	"fmt"
	"os"
	"path/filepath"

	"eyas/internal/answer"
	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/store/rekey"
	"eyas/internal/vault"
)

// keysCmd replaces the key by which personal data of the highest class are encrypted.
type keysCmd struct {
	Show   keysShow   `cmd:"" default:"1" help:"列出密钥，以及底库要用哪些 | list the keys, and which of them the base needs"`
	Rotate keysRotate `cmd:"" help:"换一把新密钥，把底库和旁边的文件都改用它加密；可以中断，再次运行会接着做 | make a new key and encrypt the base and the files beside it by it; it can be stopped and goes on when it is run again"`
	Drop   keysDrop   `cmd:"" help:"从密钥文件删除一把不再用的密钥 | delete a key that is not needed any more from the key file"`
}

type keysShow struct{ plainly }

func (keysShow) examples() []string { return []string{"eyas keys show --db eyas.db"} }

func (c keysShow) Run(a *app) error {
	if err := a.exists(); err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	needed, err := db.CipherKeys(a.ctx)
	if err != nil {
		return err
	}
	held, err := db.Vault().Keys()
	if err != nil {
		return err
	}
	out := answer.Keys{File: db.Vault().Path(), Keys: []answer.Key{}}
	there := map[string]bool{}
	for _, k := range held {
		there[k.ID] = true
		one := answer.Key{ID: k.ID, Cipher: string(k.Cipher), Made: k.Made, Held: true}
		for i, id := range needed {
			one.Needed, one.Current = one.Needed || id == k.ID, one.Current || i == 0 && id == k.ID
		}
		out.Keys = append(out.Keys, one)
	}
	for i, id := range needed {
		if !there[id] {
			out.Keys = append(out.Keys, answer.Key{ID: id, Needed: true, Current: i == 0})
		}
	}
	if a.json {
		return a.object(out)
	}
	fmt.Fprintf(a.out, a.say("密钥文件 %s\n", "key file %s\n"), out.File)
	for _, k := range out.Keys {
		state := a.say("底库不用", "not needed by the base")
		switch {
		case !k.Held:
			state = a.say("底库要用，但密钥文件里没有：用它加密的内容读不出", "needed by the base, but not in the key file: what it encrypts cannot be read")
		case k.Current:
			state = a.say("正在使用", "in use")
		case k.Needed:
			state = a.say("更换没有做完：请再运行 eyas keys rotate", "a replacement has not finished: run eyas keys rotate again")
		}
		fmt.Fprintf(a.out, "%s  %s  %s\n", k.ID, k.Cipher, state)
	}
	return nil
}

type keysRotate struct{ plainly }

func (keysRotate) detail() pack.Text {
	return pack.Text{
		ZH: "底库按小批改写，别人可以照常读写；随时可以停，再运行一次会接着做。旧版本留下的明文也一并加密，SQLite 底库随后整理一遍。旧密钥留在密钥文件里，因为以前的备份还要用它；不再需要那些备份时，用 eyas keys drop 删除。",
		EN: "The base is rewritten in small parts while others read and write. It can be stopped at any time, and goes on when it is run again. What an older version left in clear is encrypted too, and a base in SQLite is then rewritten. The old key stays in the key file, because backups made before need it. When those backups are not needed any more, delete it with eyas keys drop.",
	}
}

func (keysRotate) examples() []string {
	return []string{"eyas keys rotate --db eyas.db", "eyas keys rotate --db eyas.db --cipher sm4-gcm"}
}

func (c keysRotate) Run(a *app) error {
	if err := a.exists(); err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	if _, err := a.registry(); err != nil { // names the registers that are encrypted whole
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	files, err := a.files(db)
	if err != nil {
		return err
	}
	cipher := a.cipher
	if cipher == "" {
		cipher = vault.AES
	}
	show := a.part("record", "来源记录", "source records", "profile", "档案", "profiles", "file_piece", "文件", "files", "import", "导入", "imports", "audit_text", "操作日志", "operation log")
	done, err := db.Rekey(a.ctx, cipher, audit.Entry{At: a.clock(), Actor: operator, Action: "keys.rotate", Subject: "base"}, func(d rekey.Done) error {
		if show != nil {
			show(d.Table)
		}
		return nil
	})
	if err != nil {
		return err
	}
	n, err := files.Rekey(a.ctx)
	if err != nil {
		return err
	}
	for _, r := range p.Registers { // made again when they are needed
		if path := a.cacheFile(db, p, r.ID); path != "" {
			os.Remove(path)
		}
	}
	if !remote(a.db) {
		old, _ := filepath.Glob(a.db + ".columns*.tmp")
		for _, path := range old {
			os.Remove(path)
		}
	}
	if _, err := db.Rewrite(a.ctx); err != nil { // owed by this run, or by one that was stopped
		return err
	}
	a.clear()
	if a.json {
		return a.object(answer.Rotated{Key: done.Key, Values: done.Sealed, Clear: done.Clear, Files: n})
	}
	fmt.Fprintf(a.out, a.say("现在用密钥 %s 加密：改写了 %d 处，其中 %d 处原是明文；共享文件夹中 %d 个文件。请备份密钥文件 %s，与底库的备份分开保存。\n",
		"encrypted by the key %s now: %d values were rewritten, of which %d stood in clear; %d files of the shared folder. Back up the key file %s, and keep it apart from the backups of the base.\n"),
		done.Key, done.Sealed, done.Clear, n, db.Vault().Path())
	return nil
}

type keysDrop struct {
	plainly
	ID string `arg:"" name:"id" help:"密钥的编号（见 eyas keys） | id of the key (see eyas keys)"`
}

func (keysDrop) detail() pack.Text {
	return pack.Text{
		ZH: "底库还要用的密钥不删除。删除以后，用它加密的旧备份再也读不出其中的个人信息。几个底库共用一个密钥文件时，请先逐个核对。",
		EN: "A key that the base needs is not deleted. Afterwards the personal data in backups that it encrypts can never be read again. When several bases share a key file, check each of them first.",
	}
}

func (keysDrop) examples() []string { return []string{"eyas keys drop 0123456789abcdef --db eyas.db"} }

func (c keysDrop) Run(a *app) error {
	if err := a.exists(); err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	files, err := a.files(db)
	if err != nil {
		return err
	}
	switch needed, err := files.SealedBy(a.ctx, c.ID); {
	case err != nil:
		return err
	case needed:
		return fault.New(fault.Conflict, "共享文件夹中还有文件用密钥 "+c.ID+" 加密，没有删除。请再运行 eyas keys rotate，等它做完。",
			"Files of the shared folder are still sealed by the key "+c.ID+", so it was not deleted. Run eyas keys rotate again, until it has finished.")
	}
	if err := db.DropKey(a.ctx, c.ID, audit.Entry{At: a.clock(), Actor: operator, Action: "keys.drop", Subject: "base"}); err != nil {
		return err
	}
	if a.json {
		return a.object(map[string]string{"dropped": c.ID})
	}
	fmt.Fprintf(a.out, a.say("密钥 %s 已删除。\n", "the key %s is deleted\n"), c.ID)
	return nil
}
