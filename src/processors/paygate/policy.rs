//! `threeDSPolicy`: what a merchant wishes of the bank's authentication, as the account's settings say it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ThreeDsPolicy {
    #[serde(rename = "skipThreeDS", skip_serializing_if = "Option::is_none")]
    pub skip_three_ds: Option<Skip>,
    #[serde(rename = "threeDSExemption", skip_serializing_if = "Option::is_none")]
    pub exemption: Option<Exemption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge_preference: Option<Preference>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Skip {
    ThisTransaction,
    OutOfScope,
    DataOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Preference {
    NoPreference,
    NoChallenge,
    RequestChallenge,
    MandateChallenge,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Exemption {
    pub exemption_reason: Reason,
    /// 1 to 99.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_fraud_rate: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    TransactionRiskAnalysis,
    DelegatedAuthority,
    LowValue,
    TrustedBeneficiary,
    SecureCorporatePayment,
    MerchantInitiatedTransaction,
}

impl ThreeDsPolicy {
    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<&'static str> {
        let rate = self.exemption.as_ref().and_then(|exemption| exemption.merchant_fraud_rate);
        rate.filter(|rate| !(1..=99).contains(rate)).map(|_| "merchantFraudRate is not within 1 to 99")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_in_the_platforms_words() {
        let toml = "challengePreference = 'mandateChallenge'\n\
                    threeDSExemption = { exemptionReason = 'lowValue', merchantFraudRate = 5 }";
        let policy: ThreeDsPolicy = toml::from_str(toml).expect("a policy");
        assert_eq!(
            serde_json::to_string(&policy).expect("JSON"),
            r#"{"threeDSExemption":{"exemptionReason":"lowValue","merchantFraudRate":5},"challengePreference":"mandateChallenge"}"#
        );
        assert_eq!(policy.problem(), None);
        assert!(toml::from_str::<ThreeDsPolicy>("challengePreference = 'never'").is_err());
        let wrong = toml.replace("= 5", "= 100");
        assert!(toml::from_str::<ThreeDsPolicy>(&wrong).expect("a policy").problem().is_some());
    }
}
