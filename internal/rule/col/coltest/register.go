// Package coltest makes registers in memory for tests and benchmarks: tables of any size with plausible and
// reproducible values, and profiles that give the same tables.
package coltest

import (
	"strings"

	"eyas/internal/pack"
)

// attributes are those of the enterprise register: id and kind, with a star for yearly ones.
const attributes = `
uscc code, name text, former_names list, district code, zone code, address text, office_address text,
registration_no code, org_code code, stock_code code, registrar text, business_scope text, registered_on date,
legal_form text, independent_legal_person boolean, resident_enterprise boolean, status code, industry code,
hightech_field code, registered_capital money, paid_in_capital money, contact text, phone text,
staff* integer, st_staff* integer, rd_staff* integer, sales* money, total_income* money, hightech_income* money,
costs* money, rd_expense* money, rd_expense_domestic* money, rd_deducted* money, assets* money, net_assets* money,
profit* money, taxes* money, exports* money, ip_class1 integer, ip_class2 integer, ip_invention integer,
ip_utility integer, ip_design integer, ip_software integer, ip_own_research boolean, ip_core boolean,
conversions decimal, standards_led boolean, standards_joined boolean, national_award_top3 boolean,
province_award boolean, rd_institution boolean, software_certificates boolean, competition_national boolean,
competition_provincial boolean, goods_allowed boolean, conduct_ok boolean, abnormal_list boolean,
breach_list boolean, vc_received boolean, financing_total money, valuation_usd money, listed boolean,
listing_board code, loan_received* boolean, score_ip_advancement integer, score_ip_core integer,
score_ip_number integer, score_ip_obtained integer, score_standards integer, score_conversion integer,
score_rd_management integer, score_growth_assets integer, score_growth_sales integer, cert_hnte_from date,
cert_hnte_until date, cert_hnte_no code`

// Register returns an enterprise register with the attributes of the Tianjin pack, without names and aliases.
func Register() *pack.Register {
	r := &pack.Register{ID: "enterprise", CodeAttr: "uscc", NameAttr: "name", BeginsAttr: "registered_on"}
	for i, line := range strings.Split(strings.ReplaceAll(attributes, "\n", " "), ",") {
		f := strings.Fields(line)
		id, yearly := strings.CutSuffix(f[0], "*")
		r.Attributes = append(r.Attributes, &pack.Attribute{ID: id, Index: i, Kind: pack.Kind(f[1]), Yearly: yearly,
			Name: pack.Text{ZH: id, EN: id}, Expert: strings.HasPrefix(id, "score_"), Manual: id == "ip_core" || id == "hightech_field" || id == "goods_allowed" || id == "conduct_ok" || strings.HasPrefix(id, "score_")})
	}
	r.Certificates = []*pack.Certificate{{ID: "hnte", From: "cert_hnte_from", Until: "cert_hnte_until", Number: "cert_hnte_no", Terms: []pack.Term{{Years: 3}}}}
	r.Attribute("") // makes its index now, so that the register can be shared by readers
	return r
}

// Districts are the GB/T 2260 codes of Tianjin's districts.
var Districts = []string{"120101", "120102", "120103", "120104", "120105", "120106", "120110", "120111",
	"120112", "120113", "120114", "120115", "120116", "120117", "120118", "120119"}
