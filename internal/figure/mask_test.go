package figure

import "testing"

func TestMasked(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "",
		"找张三 13912345678 问": "找张三 139****5678 问",
		"电话139-1234-5678":   "电话139******5678",
		"身份证11010519491231002X（本人）":          "身份证110***********002X（本人）",
		"11010519491231002x":                 "110***********002x",
		"110105194912310021":                 "110105194912310021", // another check digit: no identity number
		"统一社会信用代码 91120110MA06ABCD7X":        "统一社会信用代码 91120110MA06ABCD7X",
		"911201161998071210":                 "911201161998071210",
		"发到 zhang.san@example.com.cn，谢谢":     "发到 zha*****************m.cn，谢谢",
		"共 13912345678901 元，2020-03-31，1e11": "共 13912345678901 元，2020-03-31，1e11",
		"@所有人": "@所有人",
	} {
		if got := Masked(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
