//! Batch files, as the platform takes them: every record is carried out on its own, and the answer is the same file with
//! status and code behind each.

use super::codec::Params;
use super::world::World;

impl World {
    /// Processes a file; `None` where it is not one.
    pub fn run_batch(&mut self, text: &str) -> Option<String> {
        let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        let mut head = lines.first()?.split(',');
        if head.next()? != "HEAD" {
            return None;
        }
        let merchant = head.next()?;
        let (merchant, _) = self.merchants.get(merchant).cloned()?;
        let mut answer = String::new();
        for line in lines {
            answer.push_str(line);
            if let Some(rest) = line.strip_prefix("CC,CreditEx,") {
                let names =
                    ["Amount", "Currency", "TransID", "RefNr", "CCBrand", "CCNr", "CCExpiry", "OrderDesc"];
                let pairs = names.iter().zip(rest.split(','));
                let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
                let params = Params::parse(pairs.join("&").as_bytes());
                // Activation, formats and sums hold for a record as for a call; only the MAC does not.
                let code = if merchant.creditex { None } else { Some("20500060") };
                let said = match code {
                    Some(code) => {
                        vec![("Status".to_owned(), "FAILED".to_owned()), ("Code".to_owned(), code.to_owned())]
                    }
                    None => self.execute(&merchant, "creditex.aspx", &params),
                };
                for name in ["Status", "Code"] {
                    let value = said.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
                    answer.push(',');
                    answer.push_str(value);
                }
            }
            answer.push('\n');
        }
        Some(answer.trim_end().to_owned() + "\n")
    }
}
