package api

import (
	"reflect"

	"eyas/internal/hook"
	"eyas/internal/pack"
)

// docsHook is a type of messages on the page.
type docsHook struct {
	Type, Says string
	Data       []docsField
}

// signed are the headers of every message.
var signed = []param{
	{name: "webhook-id", in: "header", kind: "string", says: pack.Text{ZH: "消息的编号，重发时不变：用它去掉重复", EN: "id of the message, the same in all attempts: leave out what came before by it"}},
	{name: "webhook-timestamp", in: "header", kind: "integer", says: pack.Text{ZH: "这次发送的时间，Unix 秒", EN: "time of the attempt, in Unix seconds"}},
	{name: "webhook-signature", in: "header", kind: "string", says: pack.Text{ZH: "v1,BASE64(HMAC-SHA256(webhook-id.webhook-timestamp.内容))；更换密钥期间有两个，用空格分开", EN: "v1,BASE64(HMAC-SHA256(webhook-id.webhook-timestamp.body)); two of them, with a blank between, while a secret is changed"}},
}

// webhooks are the messages that hooks send, in the document.
func webhooks(types *schemas) schema {
	all := schema{}
	var params []any
	for _, p := range signed {
		d := p.describe()
		d["required"] = true
		params = append(params, d)
	}
	for _, h := range hook.Document() {
		message := schema{"type": "object", "required": []any{"type", "timestamp", "data"}, "properties": schema{
			"type":      schema{"type": "string", "const": h.Type},
			"timestamp": schema{"type": "string", "format": "date-time"},
			"data":      types.typed(reflect.TypeOf(h.Data)),
		}}
		all[h.Type] = schema{"post": schema{
			"operationId": h.Type, "summary": said(h.Says), "tags": []any{"webhooks"}, "security": []any{}, "parameters": params,
			"requestBody": schema{"required": true, "content": schema{"application/json": schema{"schema": message}}},
			"responses": schema{
				"2XX":     schema{"description": said(pack.Text{ZH: "已收到", EN: "received"})},
				"410":     schema{"description": said(pack.Text{ZH: "不再接收：推送停用", EN: "no more is wanted: the webhook is turned off"})},
				"default": schema{"description": said(pack.Text{ZH: "没有收到：约三天之内再发九次", EN: "not received: it is sent nine times more within about three days"})},
			},
		}}
	}
	return all
}
