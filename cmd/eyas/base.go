package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/store"
	"eyas/internal/vault"
	"eyas/packs"
)

// pack returns the city pack: the embedded one unless --pack names a folder.
func (a *app) pack() (*pack.Pack, error) {
	if a.packDir == "" {
		return packs.Default()
	}
	if a.city == nil {
		if info, err := os.Stat(a.packDir); err != nil || !info.IsDir() {
			return nil, fault.New(fault.NotFound, fmt.Sprintf("找不到城市包文件夹 %s。", a.packDir), fmt.Sprintf("there is no pack folder %s", a.packDir))
		}
		p, err := pack.LoadDir(a.packDir)
		if err != nil {
			return nil, err
		}
		a.city = p
	}
	return a.city, nil
}

// rules returns the compiled rules of the pack.
func (a *app) rules() (*rule.Set, error) {
	if a.set == nil {
		p, err := a.pack()
		if err != nil {
			return nil, err
		}
		if a.set, err = rule.Compile(p); err != nil {
			return nil, err
		}
	}
	return a.set, nil
}

// database opens the base; it creates and migrates it when necessary.
func (a *app) database() (*store.DB, error) {
	if a.store == nil {
		db, err := store.Open(a.ctx, a.db, store.Sealed(a.hash), store.Keys(a.keys, a.cipher))
		if err != nil {
			return nil, failed{err}
		}
		a.store = db
		a.closers = append(a.closers, db.Close)
		var f *fault.Error
		if errors.As(db.Vault().Exposed(), &f) {
			fmt.Fprintln(a.err, f.In(a.lang))
		}
		if err := a.enter(); err != nil {
			return nil, failed{err}
		}
	}
	return a.store, nil
}

// registry returns the registry over the base.
func (a *app) registry() (*registry.Registry, error) {
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	reg := registry.New(p, db, a.clock)
	if err := a.upToDate(reg); err != nil {
		return nil, err
	}
	actors, err := a.actors()
	if err != nil {
		return nil, err
	}
	return reg.WithActors(actors), nil
}

// upToDate derives all profiles again when the pack's ranking of sources has changed.
func (a *app) upToDate(reg *registry.Registry) error {
	ctx := auth.As(a.ctx, operator) // whoever acts: it is maintenance
	outdated, err := reg.Outdated(ctx)
	if err != nil || !outdated {
		return err
	}
	fmt.Fprintln(a.err, a.say("eyas: 来源的优先次序变了，正在重新推导全部档案……", "eyas: the ranking of sources has changed; deriving all profiles again …"))
	var progress func(derive.Progress)
	if show := a.progress(); show != nil {
		progress = func(p derive.Progress) { show("", p) }
	}
	_, err = reg.Rederive(ctx, progress)
	a.clear()
	return err
}

const (
	// smallRegister is how many subjects a register has at most that is held with its texts and read anew at every start.
	smallRegister = 50_000
	// roomForPasts bounds the columns of past days that are kept, in bytes: those of a million enterprises take about
	// half of a gigabyte.
	roomForPasts = 2 << 30
)

// memory returns the registers as columns; none is loaded yet. Past days are built until ctx ends.
func (a *app) memory(ctx context.Context, svc *registry.Registry, log *slog.Logger) (*list.Registers, error) {
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	set, err := a.rules()
	if err != nil {
		return nil, err
	}
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	actors, err := a.actors()
	if err != nil {
		return nil, err
	}
	all := list.NewRegisters(ctx, list.Config{
		Pack: p, Actors: actors, Source: svc, Rules: set, Log: log, Small: smallRegister, Seal: sealer(context.WithoutCancel(ctx), db.Vault()), Keys: db.Vault(), Identity: db.Base(), Jurisdiction: svc,
		Total: func(ctx context.Context) (n int, err error) {
			err = db.Profiles().Read(ctx, func(r profile.Reader) error {
				last, err := r.Counter(ctx, fact.LastSubject)
				n = int(last) // over all registers, gone ones too: good enough for progress
				return err
			})
			return n, err
		},
	}, func(register string) string { return a.cacheFile(db, p, register) }, svc, roomForPasts)
	a.closers = append(a.closers, func() error { all.Close(); return nil })
	return all, nil
}

// sealer seals files with the key of a base.
func sealer(ctx context.Context, r *vault.Ring) col.Seal {
	return func(to io.Writer) (io.WriteCloser, error) {
		key, err := r.SealKey(ctx)
		if err != nil {
			return nil, err
		}
		return r.NewWriter(to, key)
	}
}

// columns loads a register and returns its columns.
func (a *app) columns(register string) (*col.Table, error) {
	svc, err := a.registry()
	if err != nil {
		return nil, err
	}
	all, err := a.memory(a.ctx, svc, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		return nil, err
	}
	base, err := all.Get(a.ctx, register, fact.Moment{})
	if err != nil {
		return nil, err
	}
	if err := base.Refresh(a.ctx); err != nil {
		return nil, err
	}
	return base.Current(a.ctx)
}

// columnsAt returns the columns of a register as of a moment.
func (a *app) columnsAt(register string, m fact.Moment) (*col.Table, error) {
	svc, err := a.registry()
	if err != nil {
		return nil, err
	}
	settled, err := svc.Settled(a.ctx, m)
	if err != nil {
		return nil, err
	}
	if settled {
		return a.columns(register)
	}
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	return list.BuildAt(a.ctx, svc, p.Register(register), m)
}

// cacheFile returns the path where the columns of a large register are kept between runs: beside an SQLite file,
// otherwise in the user's cache folder. It is empty when there is no such folder; the columns are then built at every
// start.
func (a *app) cacheFile(db *store.DB, p *pack.Pack, register string) string {
	end := ".columns"
	if register != p.Main().ID {
		end += "-" + register
	}
	if !remote(a.db) {
		return a.db + end
	}
	dir := a.cacheDir()
	if dir == "" {
		return ""
	}
	// A base and its dump that was restored beside it have one identity, until the second is renewed.
	place := sha256.Sum256([]byte(db.Name()))
	return filepath.Join(dir, fmt.Sprintf("%s-%x%s", db.Base(), place[:6], end))
}

// dropColumns deletes the columns that are kept between runs, because they may have values that were erased. They are built again.
func (a *app) dropColumns(db *store.DB, p *pack.Pack) error {
	for _, r := range p.Registers {
		if path := a.cacheFile(db, p, r.ID); path != "" {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// uploadDir returns the folder of the files beside the base: the shared folder when one is given.
func (a *app) uploadDir(db *store.DB) string { return cmp.Or(a.filesDir, a.oldUploads(db)) }

// oldUploads returns the folder in which older versions of the program kept uploads.
func (a *app) oldUploads(db *store.DB) string {
	if !remote(a.db) {
		return a.db + ".uploads"
	}
	dir := a.cacheDir()
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, db.Base()+".uploads")
}

func (a *app) cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	dir = filepath.Join(dir, "eyas")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return ""
	}
	return dir
}

// remote reports whether a base is on a server and not a file.
func remote(db string) bool {
	return strings.HasPrefix(db, "postgres://") || strings.HasPrefix(db, "postgresql://")
}
