package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/retention"
	"eyas/internal/store"
)

// files returns the store of files of the base.
func (a *app) files(db *store.DB) (*file.Store, error) {
	s, err := file.Open(file.Config{Storage: db, Folder: a.filesDir, Copies: a.copyDir(db), Vault: db.Vault(), Clock: a.clock, Log: slog.New(slog.NewTextHandler(a.err, nil))})
	if err != nil {
		return nil, failed{fault.New(fault.Invalid, "不能使用文件夹 --files "+a.filesDir+"。请检查路径和权限。",
			"the folder --files "+a.filesDir+" cannot be used: check the path and the permissions").Wrap(err)}
	}
	return s, nil
}

// copyDir returns the folder for local copies of files that are stored in the base. It can be deleted at any time.
func (a *app) copyDir(db *store.DB) string {
	if !remote(a.db) {
		return a.db + ".copies"
	}
	dir := a.cacheDir()
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, db.Base()+".copies")
}

// keptImport imports a file and keeps it as the original of the import. The bytes are stored first, so that an import in
// force always has its original, even if the program is killed. Bytes without an import are deleted later.
func (a *app) keptImport(ctx context.Context, svc *registry.Registry, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.FileReport, error) {
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	files, err := a.files(db)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(src.Path)
	if err != nil {
		return nil, fault.New(fault.Internal, "打不开文件 "+src.Path+"。", "cannot open "+src.Path).Wrap(err)
	}
	defer f.Close()
	link, err := files.Put(ctx, f, file.Link{Scope: file.Scope{Kind: file.Upload + ".command"}, Name: src.Name})
	if err != nil {
		return nil, err
	}
	report, id, err := svc.Import(ctx, src, opt, progress)
	end := context.WithoutCancel(ctx)
	if err != nil || id == 0 {
		return report, errors.Join(err, files.Detach(end, link.ID, ""))
	}
	return report, files.Move(end, link.ID, file.Scope{Kind: file.Import, ID: strconv.FormatInt(id, 10)}, nil)
}

// original writes the original file of an import.
func (c importsCmd) original(a *app, svc *registry.Registry) error {
	imp, err := svc.ImportByID(a.ctx, c.Original)
	if err != nil {
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
	p, err := a.pack()
	if err != nil {
		return err
	}
	actors, err := a.actors()
	if err != nil {
		return err
	}
	k := a.keeper(p, db, svc, files, actors)
	sha256, err := k.Current(a.ctx, imp.ID, imp.SHA256)
	if err != nil {
		return err
	}
	if sha256 == "" {
		o, err := k.OriginalOf(a.ctx, imp.ID)
		if err != nil {
			return err
		}
		if o != nil && o.What == retention.Withheld {
			return fault.New(fault.NotFound, fmt.Sprintf("导入 %d 的原文件因保全留存，其中还有已抹除的值（抹除申请 %d），不能取走。", imp.ID, o.Plan),
				fmt.Sprintf("a legal hold keeps the original file of import %d, which still has values that were erased (erasure %d): it is not given", imp.ID, o.Plan))
		}
		if o != nil {
			return fault.New(fault.NotFound, fmt.Sprintf("导入 %d 的原文件已随抹除的单元格删除（抹除申请 %d）。", imp.ID, o.Plan),
				fmt.Sprintf("the original file of import %d was deleted with cells that were erased (erasure %d)", imp.ID, o.Plan))
		}
		return fault.New(fault.NotFound, fmt.Sprintf("没有保存导入 %d 的原文件：它是手工填写的、合成的，或在开始保存原文件之前导入。", imp.ID),
			fmt.Sprintf("the original file of import %d is not kept: it was entered by hand, generated, or imported before originals were kept", imp.ID))
	}
	path, err := files.Local(a.ctx, sha256)
	if err != nil {
		return err
	}
	if err := c.disclose(a, svc, imp, "original"); err != nil {
		return err
	}
	err = writeWhole(c.Out, func(out *os.File) error {
		in, err := files.OpenFile(path)
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(out, in)
		return err
	})
	if err != nil {
		return err
	}
	if a.json {
		return a.object(answer.Fetched{Import: imp.ID, File: c.Out, Name: imp.File, SHA256: imp.SHA256})
	}
	return nil
}
