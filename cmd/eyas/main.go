// Command eyas is the whole platform in one program: it imports a bureau's files, screens every enterprise for every
// recognition, explains each verdict, answers what-if questions, and serves the pages.
//
// Results go to standard output, everything else to standard error. Scripts rely on the exit codes: 0 done, 3 done but
// some rows or cells were refused, 2 wrong use, 1 failed with nothing half-done.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/vault"
)

// The exit codes. They keep their meaning.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
)

// defaultDB is the base when none is given, in the current folder.
const defaultDB = "eyas.db"

// errRefused ends a command that did its work, but refused rows or cells and has reported them.
var errRefused = errors.New("some rows or cells were refused")

// errReported ends a command that has already reported what failed.
var errReported = errors.New("reported")

// commands is the command line. Help texts contain both languages, Chinese first, separated by " | ".
type commands struct {
	DB    string `name:"db" env:"EYAS_DB" placeholder:"FILE|URL" help:"底库：SQLite 文件（默认 eyas.db），或 postgres:// 地址；没有就新建 | the base: an SQLite file (eyas.db by default) or a postgres:// URL; created when it does not exist"`
	Pack  string `name:"pack" env:"EYAS_PACK" placeholder:"DIR" help:"城市包所在文件夹；不给就用内置的天津包 | folder of a city pack; the embedded Tianjin pack when not given"`
	Keep  string `name:"files" env:"EYAS_FILES" placeholder:"DIR" type:"path" help:"原文件和上传文件存放的共享文件夹；不给就存在底库里 | shared folder for originals and uploads; they are kept in the base when not given"`
	Hash  string `name:"log-hash" env:"EYAS_LOG_HASH" enum:"sha256,sm3," default:"" placeholder:"HASH" help:"新建底库时，用什么封存操作日志：sha256（默认）或 sm3（国密）；以后不能改 | the hash function that seals the operation log of a new base: sha256 (default) or sm3; it cannot be changed later"`
	Keys  string `name:"keys" env:"EYAS_KEYS" placeholder:"FILE" type:"path" help:"密钥文件：身份证号等最高级别的个人信息用它加密；默认是底库旁的 底库名.keys | the key file, by which identity numbers and other personal data of the highest class are encrypted; by default it is beside the base, under its name with .keys"`
	Algo  string `name:"cipher" env:"EYAS_CIPHER" enum:"aes-256-gcm,sm4-gcm," default:"" placeholder:"CIPHER" help:"新密钥用什么算法：aes-256-gcm（默认）或 sm4-gcm（国密） | the cipher of a new key: aes-256-gcm (default) or sm4-gcm"`
	As    string `name:"as" placeholder:"PERSON" help:"由谁操作（分账号的底库）：账号，或 账号@角色:机构；令牌由 EYAS_TOKEN 或 --token-file 给出 | who acts, on a base with people: the account, or account@role:organisation; the token comes from EYAS_TOKEN or --token-file"`
	Token string `name:"token-file" placeholder:"FILE" type:"path" help:"存有操作人令牌的文件 | file that holds the token of who acts"`
	JSON  bool   `name:"json" help:"在标准输出上只写一个 JSON 对象 | print one JSON object on standard output"`
	Lang  string `name:"lang" env:"EYAS_LANG" placeholder:"LANG" help:"语言：zh-CN（默认）或 en | language: zh-CN (default) or en"`

	Serve    serveCmd    `cmd:"" help:"打开网页 | serve the pages"`
	Import   importCmd   `cmd:"" help:"把文件导入底库 | import files into the base"`
	Template templateCmd `cmd:"" help:"生成一个库的导入模板 | make the import template of a register"`
	Link     linkCmd     `cmd:"" help:"看文件里每一行说的是库里哪家企业 | find the enterprise of the base that each row of a file is about"`
	Connect  connectCmd  `cmd:"" help:"与别的系统按文件对接：读回它的导出，填好它要的表 | exchange files with another system: import what it exports, fill the table that it wants"`
	Imports  importsCmd  `cmd:"" help:"列出做过的导入 | list the imports"`
	Erase    eraseCmd    `cmd:"" help:"永久抹除来源记录的一个单元格 | erase a cell of a source record for good"`
	Retain   retainCmd   `cmd:"" help:"按保存期规则列出并抹除到期的单元格 | list what is due by the rules of retention, and erase it"`
	Undo     undoCmd     `cmd:"" help:"撤销一次导入 | undo an import"`
	Screen   screenCmd   `cmd:"" help:"按一项资格筛查全部企业 | screen all enterprises for a recognition"`
	Quality  qualityCmd  `cmd:"" help:"查出可疑的值，说明理由和改法 | list doubtful values with the reason and a correction"`
	Explain  explainCmd  `cmd:"" help:"说明一家企业为何符合或不符合，差多少，怎样最省 | explain one enterprise: why, what is missing, the cheapest plan"`
	Simulate simulateCmd `cmd:"" help:"改动规则中的数，看谁进谁出 | move numbers of a rule and see who enters and who leaves"`
	Rule     struct {
		Show ruleShowCmd `cmd:"" help:"显示一项规则：条件、依据、可以改动的数 | show a rule: criteria, citations, the numbers that can be moved"`
		List ruleListCmd `cmd:"" help:"列出全部规则 | list the rules"`
	} `cmd:"" help:"查看规则 | look at the rules"`
	PackCmd struct {
		Check packCheckCmd `cmd:"" help:"检查城市包 | check a city pack"`
		Test  packTestCmd  `cmd:"" help:"运行城市包自带的用例 | run a city pack's own tests"`
	} `cmd:"" name:"pack" help:"检查城市包 | check and test a city pack"`
	Matter struct {
		List matterListCmd `cmd:"" help:"列出全部事项 | list the matters"`
		Show matterShowCmd `cmd:"" help:"显示一个事项：表单、环节、期限 | show a matter: its form, stages and deadlines"`
	} `cmd:"" help:"查看事项 | look at the matters"`
	Case struct {
		New         caseNewCmd         `cmd:"" help:"给一个主体发起办件 | begin a case of a subject"`
		Act         caseActCmd         `cmd:"" help:"在办件里办理 | act in a case"`
		Show        caseShowCmd        `cmd:"" help:"显示一个办件：环节、记录、此刻能怎样办 | show a case: stages, record, and what can be done now"`
		List        caseListCmd        `cmd:"" help:"列出办件 | list cases"`
		Import      caseImportCmd      `cmd:"" help:"按外部系统的名单推进办件，并对账 | move cases by lists of an outside system, and reconcile them"`
		Certificate caseCertificateCmd `cmd:"" help:"一个办件发的证书和核验页 | the certificates of a case, and their check pages"`
		Expiring    caseExpiringCmd    `cmd:"" help:"列出快到期的证书，和持证者今天还符不符合 | list certificates that end soon, and whether their holders still qualify"`
		Questions   caseQuestionsCmd   `cmd:"" help:"列出名单和办件对不上的疑问 | list what lists and cases say differently"`
		Answer      caseAnswerCmd      `cmd:"" help:"回答一个疑问 | answer a question"`
		Export      caseExportCmd      `cmd:"" help:"把一个环节的办件填进外部系统的推荐表 | fill the table of an outside system with the cases in a stage"`
	} `cmd:"" help:"办件 | cases"`
	Workday workdayCmd  `cmd:"" help:"推算工作日 | count working days"`
	Demo    demoCmd     `cmd:"" help:"填入一座示例城市（合成数据） | fill the base with a demonstration city (synthetic)"`
	Person  personCmd   `cmd:"" help:"管理账号 | manage accounts"`
	Hook    hookCmd     `cmd:"" help:"管理变更推送 | manage webhooks"`
	Profile profileCmd  `cmd:"" help:"列出一个主体的每个值、来源和落选的值 | list every value of a subject with its source and the values that lost"`
	Derive  deriveCmd   `cmd:"" help:"按现在的来源次序重新推导全部档案 | derive every profile again by the ranking of sources"`
	Check   checkCmd    `cmd:"" help:"检查整个底库有没有损坏 | check the whole base for damage"`
	Backup  backupCmd   `cmd:"" help:"把底库和旁边的文件备份成一个文件 | back up the base and the files beside it into one file"`
	Restore restoreCmd  `cmd:"" help:"从备份建立一个新底库 | restore a backup into a new base"`
	KeysCmd keysCmd     `cmd:"" name:"keys" help:"更换加密个人信息的密钥 | replace the key by which personal data are encrypted"`
	Renew   renewCmd    `cmd:"" help:"在 PostgreSQL 上恢复之后，给底库开始新的历史 | start a new history after a restore on PostgreSQL"`
	Verify  verifyCmd   `cmd:"" help:"核对操作日志，以及库里的内容是否与它一致 | check the operation log, and that the base agrees with it"`
	Version versionCmd  `cmd:"" help:"显示版本 | print the version"`
	Terms   licencesCmd `cmd:"" name:"licences" help:"显示程序所含第三方组件的许可 | print the licences of the parts of other projects in the program"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process: it parses the arguments, runs one command and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	a := &app{ctx: auth.As(ctx, operator), out: stdout, err: stderr, lang: language(args), clock: time.Now}

	type exit int // what kong asks for after it has printed help
	defer func() {
		if r := recover(); r != nil {
			c, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(c)
		}
	}()
	var cli commands
	parser, err := kong.New(&cli,
		kong.Name("eyas"),
		kong.Description("雏鹰：从科技局的表格，到每家企业站在哪一级、缺什么 | Eyas: from a bureau's spreadsheets to where every enterprise stands, and what it lacks"),
		kong.Writers(stdout, stderr),
		kong.Help(a.help),
		kong.Exit(func(c int) { panic(exit(c)) }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "eyas:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "eyas: %s%v\n", a.say("命令写法有误：", "wrong use: "), err)
		fmt.Fprintln(stderr, a.say("用 eyas --help 查看写法。", "See eyas --help."))
		return exitUsage
	}
	if cli.Lang != "" && !strings.HasPrefix(cli.Lang, "zh") && !strings.HasPrefix(cli.Lang, "en") {
		fmt.Fprintln(stderr, a.say("eyas: --lang 是 zh-CN 或 en", "eyas: --lang is zh-CN or en"))
		return exitUsage
	}
	a.db, a.packDir, a.filesDir, a.hash, a.json = cmp.Or(cli.DB, defaultDB), cli.Pack, cli.Keep, audit.Hash(cli.Hash), cli.JSON
	a.as, a.tokenFile, a.keys, a.cipher = cli.As, cli.Token, cli.Keys, vault.Cipher(cli.Algo)
	a.command, _, _ = strings.Cut(parsed.Command(), " ")
	defer a.close()
	return a.exit(parsed.Run(a))
}

// failed marks an error that is never wrong use, whatever its code: a file or a base that cannot be opened.
type failed struct{ error }

func (f failed) Unwrap() error { return f.error }

// exit prints an error and returns its exit code. It is the only table from errors to exit codes.
func (a *app) exit(err error) int {
	var f *fault.Error
	var wrong pack.Errors
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.Is(err, errReported):
		return exitFailed
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.err, a.say("eyas: 已停止，没有做一半的事。", "eyas: stopped; nothing is half-done"))
		return exitFailed
	case errors.As(err, &wrong):
		fmt.Fprintln(a.err, wrong.Show(a.lang))
		return exitFailed
	case errors.As(err, &f):
		fmt.Fprintf(a.err, "eyas: %s\n", f.In(a.lang))
		if f.Code == fault.Internal && f.Cause != nil {
			fmt.Fprintf(a.err, "  %v\n", f.Cause)
		}
		if f.Code == fault.Invalid && !errors.As(err, new(failed)) {
			return exitUsage
		}
		return exitFailed
	}
	fmt.Fprintf(a.err, "eyas: %v\n", err)
	return exitFailed
}

// language finds the language before the arguments are parsed, because faults in the arguments are reported in it too.
func language(args []string) string {
	lang := os.Getenv("EYAS_LANG")
	for i, s := range args {
		if v, ok := strings.CutPrefix(s, "--lang="); ok {
			lang = v
		} else if s == "--lang" && i+1 < len(args) {
			lang = args[i+1]
		}
	}
	if strings.HasPrefix(lang, "en") {
		return "en"
	}
	return "zh-CN"
}
