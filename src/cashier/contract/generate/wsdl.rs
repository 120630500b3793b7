//! The WSDL 1.1: document/literal, one operation a method, bound to SOAP 1.1 and SOAP 1.2.

use super::xsd;
use crate::cashier::catalog::METHODS;
use crate::cashier::contract::DEFAULT_BASE;
use crate::cashier::contract::samples::escaped;
use crate::cashier::wire::DEFAULT_NAMESPACE;

pub fn document() -> String {
    let types = xsd::schema(xsd::Namespace::Cashier, "    ");
    let each = |write: &dyn Fn(&str, &str) -> String| -> String {
        METHODS.iter().map(|method| write(method.name, method.summary)).collect()
    };
    let messages = each(&|name, _| message(name, name) + &message(&format!("{name}Response"), name));
    let operations = each(&operation);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!-- The cashier's web service. The types are those of cashier.xsd, repeated so that one file is enough. -->\n\
         <wsdl:definitions name=\"Cashier\" targetNamespace=\"{DEFAULT_NAMESPACE}\" xmlns:tns=\"{DEFAULT_NAMESPACE}\"\n    \
             xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\"\n    \
             xmlns:soap12=\"http://schemas.xmlsoap.org/wsdl/soap12/\">\n  \
           <wsdl:types>\n{types}  </wsdl:types>\n{messages}  \
           <wsdl:portType name=\"Cashier\">\n{operations}  </wsdl:portType>\n{}{}  \
           <wsdl:service name=\"CashierService\">\n{}{}  </wsdl:service>\n\
         </wsdl:definitions>\n",
        binding("CashierSoap11", "soap"),
        binding("CashierSoap12", "soap12"),
        port("CashierSoap11", "soap"),
        port("CashierSoap12", "soap12"),
    )
}

fn message(element: &str, method: &str) -> String {
    let direction = if element == method { "Request" } else { "Reply" };
    format!(
        "  <wsdl:message name=\"{method}{direction}\">\n    \
             <wsdl:part name=\"body\" element=\"tns:{element}\"/>\n  \
           </wsdl:message>\n"
    )
}

fn operation(name: &str, summary: &str) -> String {
    format!(
        "    <wsdl:operation name=\"{name}\">\n      \
               <wsdl:documentation>{}</wsdl:documentation>\n      \
               <wsdl:input message=\"tns:{name}Request\"/>\n      \
               <wsdl:output message=\"tns:{name}Reply\"/>\n    \
             </wsdl:operation>\n",
        escaped(summary)
    )
}

/// `soap` is the prefix of the SOAP version's own WSDL elements.
fn binding(name: &str, soap: &str) -> String {
    let bound = |method: &str| {
        format!(
            "    <wsdl:operation name=\"{method}\">\n      \
                   <{soap}:operation soapAction=\"{DEFAULT_NAMESPACE}#{method}\"/>\n      \
                   <wsdl:input><{soap}:body use=\"literal\"/></wsdl:input>\n      \
                   <wsdl:output><{soap}:body use=\"literal\"/></wsdl:output>\n    \
                 </wsdl:operation>\n"
        )
    };
    let operations: String = METHODS.iter().map(|method| bound(method.name)).collect();
    format!(
        "  <wsdl:binding name=\"{name}\" type=\"tns:Cashier\">\n    \
             <{soap}:binding style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n\
         {operations}  </wsdl:binding>\n"
    )
}

fn port(name: &str, soap: &str) -> String {
    format!(
        "    <wsdl:port name=\"{name}\" binding=\"tns:{name}\">\n      \
               <{soap}:address location=\"{DEFAULT_BASE}/cashier\"/>\n    \
             </wsdl:port>\n"
    )
}
