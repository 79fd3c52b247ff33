"""Microsoft.PolicyInsights: what audits found, asked for as the Azure SDKs ask."""
