// Amounts as people write them: what a number and its unit come to in whole currency. The server reads them again.

const scales: Record<string, number> = { "": 0, 百: 2, 千: 3, 万: 4, 十万: 5, 百万: 6, 千万: 7, 亿: 8, 十亿: 9, 百亿: 10, 千亿: 11, 万亿: 12 };

/** comesTo writes what an amount is in whole currency, with thousands apart; a number without a unit counts in ten thousands.
 * It is empty for what is no amount in that currency. */
export function comesTo(text: string, currency: string): string {
  const plain = text.normalize("NFKC").replace(/[,\s]/g, "").replace(/萬/g, "万").replace(/億/g, "亿");
  const found = /^(-?)(\d+)(?:\.(\d+))?(.*)$/.exec(plain);
  if (!found) return "";
  const [, sign, whole, part = "", behind] = found;
  let unit = behind;
  let scale = 4;
  if (unit !== "") {
    for (const word of ["人民币", "美元", "美金", "元", "圆"]) {
      if (!unit.endsWith(word)) continue;
      if ((word === "美元" || word === "美金") !== (currency === "美元")) return "";
      unit = unit.slice(0, -word.length);
      break;
    }
    if (!(unit in scales)) return "";
    scale = scales[unit];
  }
  return sign + pointed(whole, part, scale);
}

/** pointed moves the point of a number to the right, rounds at two digits behind it and sets thousands apart. */
function pointed(whole: string, part: string, by: number): string {
  const digits = (whole + part.padEnd(by + 2, "0")).replace(/^0+(?=\d)/, "");
  const behind = Math.max(part.length, by + 2) - by;
  let cents = BigInt(digits.slice(0, digits.length - (behind - 2)) || "0");
  if (behind > 2 && digits.charAt(digits.length - (behind - 2)) >= "5") cents += BigInt(1);
  const text = cents.toString().padStart(3, "0");
  const rest = text.slice(-2).replace(/0+$/, "");
  return text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",") + (rest === "" ? "" : "." + rest);
}
